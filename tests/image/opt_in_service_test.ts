import { assert, assertEquals } from "@std/assert";
import { renderOptInService, switchGuard } from "../../lib/image/opt_in_service.ts";
import { fakeBin, IS_ROOT, recorded, recorder } from "../_fixtures.ts";
import { exists, type Outcome, run, type RunOptions, TempDir } from "../_temp.ts";

const FILES = renderOptInService({
  source: "lib/mine.ts",
  guard: switchGuard("MY_SERVICE"),
  run: 'become_hermes mine --flag "a  b"\n',
});

/** Runs a script of a service of the test's own, whose program exits as `MINE` says. */
function runScript(
  temp: TempDir,
  name: "run" | "finish",
  env: Record<string, string>,
  options: RunOptions & { uid?: number } = {},
): Promise<Outcome> {
  const { uid = 0, args = [], ...rest } = options;
  const bin = fakeBin(`${temp.path}/bin`, {
    id: `[ "$*" = -u ] && echo ${uid}`,
    "s6-setuidgid": recorder(`${temp.path}/setuidgid`, 'shift; exec "$@"'),
    mine: recorder(`${temp.path}/args`, `echo $PPID $$ >'${temp.path}/pids'; eval "\${MINE-}"`),
  });
  fakeBin(`${temp.path}/service`, { [name]: FILES.get(name) ?? "" });
  const script = `echo $$ >'${temp.path}/pid'; exec /bin/sh "$@"`;
  return run("/bin/sh", {
    ...rest,
    args: ["-c", script, "sh", `${temp.path}/service/${name}`, ...args],
    env: { PATH: `${bin}:/usr/bin:/bin`, ...env },
  });
}

const pidsOf = (temp: TempDir, file: string) =>
  Deno.readTextFileSync(`${temp.path}/${file}`).trim().split(" ");

Deno.test("an opt-in service has a run and a finish that name their source", () => {
  assertEquals([...FILES.keys()], ["run", "finish"]);
  for (const text of FILES.values()) {
    const [shebang, source] = text.split("\n");
    assertEquals(shebang, "#!/command/with-contenv sh");
    assert(source?.includes("lib/mine.ts"));
  }
});

Deno.test("an opt-in service that is off exits 0 without its program, and finish parks it", async () => {
  for (const env of [{}, { MY_SERVICE: "" }, { MY_SERVICE: "off" }, { MY_SERVICE: "1 " }]) {
    using temp = new TempDir();
    const { code, stdout, stderr } = await runScript(temp, "run", env as Record<string, string>);
    assertEquals([code, stdout, stderr], [0, "", ""]);
    assert(!exists(`${temp.path}/args`));
    for (const exit of ["0", "1", "78", "256"]) {
      const args = [exit, "0"];
      assertEquals(
        (await runScript(temp, "finish", env as Record<string, string>, { args })).code,
        125,
      );
    }
  }
});

Deno.test("an opt-in service that is on runs its program with its words as they are", async () => {
  using temp = new TempDir();
  const { code } = await runScript(temp, "run", { MY_SERVICE: "yes" });
  assertEquals(code, 0);
  assertEquals(recorded(`${temp.path}/args`), ["--flag", "a  b"]);
  assertEquals(recorded(`${temp.path}/setuidgid`), ["hermes", "mine", "--flag", "a  b"]);
});

for (const [exit, code] of [["0", 0], ["1", 0], ["256", 0], ["78", 125]] as const) {
  Deno.test(`an opt-in service that is on and exits ${exit} has a finish that exits ${code}`, async () => {
    using temp = new TempDir();
    const options = { args: [exit, "9"] };
    assertEquals((await runScript(temp, "finish", { MY_SERVICE: "1" }, options)).code, code);
  });
}

Deno.test("become_hermes execs without the drop when it is not root", async () => {
  using temp = new TempDir();
  await runScript(temp, "run", { MY_SERVICE: "1" }, { uid: 10000 });
  assert(!exists(`${temp.path}/setuidgid`));
  assertEquals(pidsOf(temp, "pids")[1], pidsOf(temp, "pid")[0]);
});

Deno.test({
  name: "become_hermes execs as root that has CAP_KILL (only root has it)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    await runScript(temp, "run", { MY_SERVICE: "1" });
    assert(exists(`${temp.path}/setuidgid`));
    assertEquals(pidsOf(temp, "pids")[1], pidsOf(temp, "pid")[0]);
  },
});

for (const [mine, code] of [["exit 0", 0], ["exit 78", 78], ["kill -KILL $$", 137]] as const) {
  Deno.test({
    name: `become_hermes stays the parent as root without CAP_KILL, and exits ${code} after ` +
      `"${mine}" (only root has it)`,
    ignore: !IS_ROOT,
    async fn() {
      using temp = new TempDir();
      const env = { MY_SERVICE: "1", MINE: mine };
      const outcome = await runScript(temp, "run", env, { capabilities: "without kill" });
      assertEquals(outcome.code, code);
      const [parent, pid] = pidsOf(temp, "pids");
      assertEquals(parent, pidsOf(temp, "pid")[0]);
      assert(pid !== parent);
    },
  });
}
