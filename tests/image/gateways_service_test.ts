import { assert, assertEquals, assertMatch } from "@std/assert";
import { renderGateways } from "../../lib/image/gateways_service.ts";
import { fakeBin, IS_ROOT, recorded, recorder, REPO } from "../_fixtures.ts";
import { exists, modeOf, type Outcome, run, type RunOptions, TempDir } from "../_temp.ts";

const SERVICE = `${REPO}/rootfs/etc/s6-overlay/s6-rc.d/gateways`;
const HERMES = 12345;
// The ready line is on the descriptor before anything is waited for.
const SLEEP = 'printf "%s" "$*" >"$NOTES/slept"; cp "$NOTES/fd3" "$NOTES/fd3-then"';

/** Puts the script and the programs it starts into a temp dir; returns its argv and environment. */
function install(
  temp: TempDir,
  name: "run" | "finish",
  programs: Readonly<Record<string, string>> = {},
): { argv: string[]; env: Record<string, string> } {
  const bin = fakeBin(`${temp.path}/bin`, {
    "s6-setuidgid": recorder(`${temp.path}/setuidgid`, 'shift; exec "$@"'),
    "s6-svscan": `[ "$3" != /dev/null/none ] || exit "\${NO_SUCH_OPTION-111}"\n` +
      recorder(`${temp.path}/args`, "echo ready >&3"),
    sleep: SLEEP,
    ...programs,
  });
  fakeBin(`${temp.path}/service`, { [name]: renderGateways().get(name) ?? "" });
  const script = 'exec 3>"$NOTES/fd3"; exec /bin/sh "$@"';
  return {
    argv: ["-c", script, "sh", `${temp.path}/service/${name}`],
    env: { PATH: `${bin}:/usr/bin:/bin`, NOTES: temp.path },
  };
}

/** Runs a script of the pair; the user is who `id` says. */
function runScript(
  temp: TempDir,
  name: "run" | "finish",
  env: Record<string, string>,
  { uid = 0, args = [], ...options }: RunOptions & { uid?: number } = {},
): Promise<Outcome> {
  const installed = install(temp, name, { id: `[ "$*" = -u ] && echo ${uid}` });
  return run("/bin/sh", {
    ...options,
    args: [...installed.argv, ...args],
    env: { ...installed.env, ...env },
  });
}

const read = (temp: TempDir, file: string) => Deno.readTextFileSync(`${temp.path}/${file}`);

Deno.test("the committed gateways pair is what the generator renders", () => {
  for (const [name, text] of renderGateways()) {
    assertEquals(Deno.readTextFileSync(`${SERVICE}/${name}`), text);
    assertEquals(modeOf(`${SERVICE}/${name}`) & 0o111, 0o111);
  }
});

Deno.test("the committed gateways is a longrun of the user bundle that waits for base and notifies on 3", () => {
  assertEquals(Deno.readTextFileSync(`${SERVICE}/type`), "longrun\n");
  assertEquals(Deno.readTextFileSync(`${SERVICE}/notification-fd`), "3\n");
  assertMatch(Deno.readTextFileSync(`${SERVICE}/timeout-kill`), /^[1-9]\d*\n$/);
  assert(Deno.lstatSync(`${SERVICE}/dependencies.d/base`).isFile);
  assert(Deno.lstatSync(`${SERVICE}/../user/contents.d/gateways`).isFile);
});

for (
  const [what, env, uid] of [
    ["HERMES_SUPERVISION=shared", { HERMES_SUPERVISION: "shared" }, 0],
    ["HERMES_SUPERVISION unset, not as root,", {}, 10000],
  ] as const
) {
  Deno.test(`gateways with ${what} is ready, then rests: run exits 0, finish 125`, async () => {
    using temp = new TempDir();
    const { code, stdout, stderr } = await runScript(temp, "run", env, { uid });
    assertEquals([code, stdout, stderr], [0, "", ""]);
    assertEquals([read(temp, "fd3"), read(temp, "fd3-then")], ["\n", "\n"]);
    assertEquals(read(temp, "slept"), "1");
    assert(!exists(`${temp.path}/args`) && !exists(`${temp.path}/setuidgid`));
    for (const exit of ["0", "1", "78", "256"]) {
      const finish = await runScript(temp, "finish", env, { uid, args: [exit, "0", "gateways"] });
      assertEquals([finish.code, finish.stdout, finish.stderr], [125, "", ""]);
    }
  });
}

Deno.test("gateways is ready, then rests, for a user who is neither root nor hermes", async () => {
  using temp = new TempDir();
  const id = 'case "$*" in -u) echo 1234 ;; "-u hermes") echo 10000 ;; esac';
  for (const [name, code] of [["run", 0], ["finish", 125]] as const) {
    const { argv, env } = install(temp, name, { id });
    const outcome = await run("/bin/sh", {
      args: [...argv, "0", "0", "gateways"],
      env: { ...env, HERMES_SUPERVISION: "isolated" },
    });
    assertEquals([outcome.code, outcome.stdout, outcome.stderr], [code, "", ""]);
    if (name === "run") assertEquals(read(temp, "fd3"), "\n");
  }
  assert(!exists(`${temp.path}/args`) && !exists(`${temp.path}/setuidgid`));
});

const svscan = (scandir: string) => ["-C", "8000", "-d3", "--", scandir];

Deno.test("gateways asks an s6-svscan without -C for as many services by -c", async () => {
  using temp = new TempDir();
  const env = { HERMES_SUPERVISION: "isolated", NO_SUCH_OPTION: "100" };
  const { code } = await runScript(temp, "run", env);
  assertEquals(code, 0);
  assertEquals(recorded(`${temp.path}/setuidgid`).slice(0, 4), [
    "hermes",
    "s6-svscan",
    "-c",
    "8000",
  ]);
});

for (
  const [what, env, scandir] of [
    ["its own scandir", {}, "/run/hermes/service"],
    ["its own scandir, S6_PROFILE_GATEWAY_SCANDIR being empty", {
      S6_PROFILE_GATEWAY_SCANDIR: "",
    }, "/run/hermes/service"],
    ["the scandir S6_PROFILE_GATEWAY_SCANDIR names", {
      S6_PROFILE_GATEWAY_SCANDIR: "/run/it's $(id)  * mine",
    }, "/run/it's $(id)  * mine"],
  ] as [string, Record<string, string>, string][]
) {
  Deno.test(`gateways with HERMES_SUPERVISION=isolated is an s6-svscan as hermes on ${what}`, async () => {
    using temp = new TempDir();
    const isolated = { HERMES_SUPERVISION: "isolated", ...env };
    const { code, stdout, stderr } = await runScript(temp, "run", isolated);
    assertEquals([code, stdout, stderr], [0, "", ""]);
    assertEquals(recorded(`${temp.path}/args`), svscan(scandir));
    assertEquals(recorded(`${temp.path}/setuidgid`), ["hermes", "s6-svscan", ...svscan(scandir)]);
    // The readiness is s6-svscan's to notify.
    assertEquals(read(temp, "fd3"), "ready\n");
    assert(!exists(`${temp.path}/slept`));
  });
}

Deno.test("gateways with HERMES_SUPERVISION=isolated does not drop what it does not have: not root", async () => {
  using temp = new TempDir();
  const env = { HERMES_SUPERVISION: "isolated" };
  assertEquals((await runScript(temp, "run", env, { uid: 10000 })).code, 0);
  assert(!exists(`${temp.path}/setuidgid`));
  assertEquals(recorded(`${temp.path}/args`), svscan("/run/hermes/service"));
});

for (
  const [exit, signal, code] of [
    ...[["0", "0", 0], ["1", "0", 0], ["111", "0", 0], ["256", "9", 0], ["78", "0", 125]],
  ] as const
) {
  Deno.test(`gateways finish after exit ${exit}, signal ${signal}, exits ${code} when isolated`, async () => {
    using temp = new TempDir();
    const args = [String(exit), String(signal), "gateways"];
    const outcome = await runScript(temp, "finish", { HERMES_SUPERVISION: "isolated" }, { args });
    assertEquals([outcome.code, outcome.stdout, outcome.stderr], [Number(code), "", ""]);
  });
}

Deno.test("gateways with an unknown HERMES_SUPERVISION, which 015 reports, is ready and rests", async () => {
  for (const mode of ["Isolated", "none", "shared\n", "\x1b[2J\nevil"]) {
    using temp = new TempDir();
    const env = { HERMES_SUPERVISION: mode };
    const { code, stdout, stderr } = await runScript(temp, "run", env);
    assertEquals([code, stdout, stderr], [0, "", ""], JSON.stringify(mode));
    assertEquals([read(temp, "fd3"), read(temp, "slept")], ["\n", "1"]);
    assert(!exists(`${temp.path}/args`));
    const finish = await runScript(temp, "finish", env, { args: ["0", "0", "gateways"] });
    assertEquals([finish.code, finish.stdout, finish.stderr], [125, "", ""]);
  }
});

for (const capabilities of ["none", "without kill", "without dac_override"] as const) {
  Deno.test({
    name: `gateways is isolated by itself as root with capabilities "${capabilities}" ` +
      "(only root has any)",
    ignore: !IS_ROOT,
    async fn() {
      using temp = new TempDir();
      assertEquals((await runScript(temp, "run", {}, { capabilities })).code, 0);
      assertEquals(recorded(`${temp.path}/args`), svscan("/run/hermes/service"));
      const args = ["0", "0", "gateways"];
      assertEquals((await runScript(temp, "finish", {}, { capabilities, args })).code, 0);
    },
  });
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert(performance.now() < deadline, `not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The values of a field of a process's status. */
function statusOf(pid: number, field: string): string[] {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const line = status.split("\n").find((line) => line.startsWith(`${field}:`)) ?? "";
  return line.split("\t").slice(1);
}

/** Whether a process has a handler for SIGTERM. */
function traps(pid: number): boolean {
  return (BigInt(`0x${statusOf(pid, "SigCgt")[0]}`) & (1n << 14n)) !== 0n;
}

/** `run` as root without CAP_KILL, beside an s6-svscan that really is somebody else. */
async function withoutKill(
  svscan: string,
  use: (
    temp: TempDir,
    child: Deno.ChildProcess,
    svscanPid: number,
    calls: () => string[],
  ) => Promise<void>,
  afterDrop = "",
): Promise<void> {
  using temp = new TempDir();
  Deno.chmodSync(temp.path, 0o755);
  temp.mkdir("notes", 0o777);
  const { argv, env } = install(temp, "run", {
    "s6-setuidgid": `printf '%s|' "$@" >>"$NOTES/calls"; echo >>"$NOTES/calls"
shift
exec setpriv --reuid=${HERMES} --regid=${HERMES} --clear-groups -- \
  /bin/sh -c '${afterDrop}
exec "$@"' sh "$@"`,
    // It is asked first whether it knows -C, on a directory that cannot be.
    "s6-svscan": `[ "$3" != /dev/null/none ] || exit 111\n${svscan}`,
    sleep: 'exec /bin/sleep "$@"',
  });
  const notes = `${temp.path}/notes`;
  const child = new Deno.Command("/usr/bin/setpriv", {
    args: ["--bounding-set=-kill", "--inh-caps=-all", "--", "/bin/sh", ...argv],
    env: { ...env, NOTES: notes },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const file = (name: string) => exists(`${notes}/${name}`) ? read(temp, `notes/${name}`) : "";
  try {
    await until("s6-svscan is ready", () => file("fd3").endsWith("\n"));
    const calls = () => file("calls").trimEnd().split("\n");
    await use(temp, child, Number(file("pid")), calls);
  } finally {
    const pid = Number(file("pid"));
    for (const one of [child.pid, pid]) {
      try {
        if (one > 1) Deno.kill(one, "SIGKILL");
      } catch {
        // As intended: it has ended.
      }
    }
    await child.status;
  }
}

const SVSCAN = `echo $$ >"$NOTES/pid"
trap 'sleep 0.3; echo TERM >>"$NOTES/signals"; exit 7' TERM
echo ready >&3
while :; do sleep 0.05; done`;

Deno.test({
  name: "gateways as root without CAP_KILL stays the parent, and root and hermes are apart " +
    "(only root can drop)",
  ignore: !IS_ROOT,
  async fn() {
    await withoutKill(SVSCAN, async (_temp, child, pid, calls) => {
      assert(pid !== child.pid);
      assertEquals(statusOf(pid, "PPid"), [String(child.pid)]);
      assertEquals(statusOf(pid, "Uid"), Array(4).fill(String(HERMES)));
      assertEquals(statusOf(child.pid, "Uid"), Array(4).fill("0"));
      assertEquals(calls(), ["hermes|s6-svscan|-C|8000|-d3|--|/run/hermes/service|"]);
      // Only s6-svscan can notify: s6-supervise reads until the last writer closes.
      assert(exists(`/proc/${pid}/fd/3`));
      await until("the parent has closed 3", () => !exists(`/proc/${child.pid}/fd/3`));
      // What the script is there for: this root cannot signal hermes.
      const { code } = await run("/usr/bin/setpriv", {
        args: ["--bounding-set=-kill", "--inh-caps=-all", "--", "/bin/kill", "-0", String(pid)],
      });
      assertEquals(code, 1);
    });
  },
});

Deno.test({
  name: "gateways as root without CAP_KILL passes SIGTERM on as hermes, waits, and exits as " +
    "s6-svscan did (only root can drop)",
  ignore: !IS_ROOT,
  async fn() {
    await withoutKill(SVSCAN, async (temp, child, pid, calls) => {
      await until("the parent traps SIGTERM", () => traps(child.pid));
      child.kill("SIGTERM");
      assertEquals((await child.status).code, 7);
      assertEquals(read(temp, "notes/signals"), "TERM\n");
      assertEquals(calls(), [
        "hermes|s6-svscan|-C|8000|-d3|--|/run/hermes/service|",
        `hermes|sh|-c|kill ${pid}|`,
      ]);
      assert(!exists(`/proc/${pid}`));
    });
  },
});

// Ends before the one that signalled it has.
const QUICK = `echo $$ >"$NOTES/pid"
trap 'kill $!; exit 7' TERM
echo ready >&3
sleep 100 &
wait`;
const LINGER = 'case $* in *"kill "*) "$@"; exec sleep 0.3 ;; esac';

Deno.test({
  name: "gateways as root without CAP_KILL exits as s6-svscan did, also when that ends at once " +
    "(only root can drop)",
  ignore: !IS_ROOT,
  async fn() {
    await withoutKill(QUICK, async (_temp, child) => {
      await until("the parent traps SIGTERM", () => traps(child.pid));
      child.kill("SIGTERM");
      assertEquals((await child.status).code, 7);
    }, LINGER);
  },
});

Deno.test({
  name: "gateways as root without CAP_KILL ends when s6-svscan is killed (only root can drop)",
  ignore: !IS_ROOT,
  async fn() {
    await withoutKill(SVSCAN, async (_temp, child, pid, calls) => {
      Deno.kill(pid, "SIGKILL");
      assertEquals((await child.status).code, 128 + 9);
      assertEquals(calls().length, 1);
    });
  },
});
