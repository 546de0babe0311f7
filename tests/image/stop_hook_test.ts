import { assert, assertEquals, assertMatch } from "@std/assert";
import { MAX_PROFILE_NAME_LENGTH, slotName } from "../../lib/profile/name.ts";
import { renderStopHook, STOP_HOOK_FILE, STOP_MS } from "../../lib/image/stop_hook.ts";
import { fakeBin, IS_ROOT, recorded, recorder, REPO } from "../_fixtures.ts";
import { exists, modeOf, type Outcome, run, type RunOptions, TempDir } from "../_temp.ts";

/** Runs the hook on a scandir with two slots, of which one is supervised; the user is who `id` says. */
function runHook(
  temp: TempDir,
  { uid = 0, env = {}, ...options }: RunOptions & { uid?: number } = {},
): Promise<Outcome> {
  temp.mkdir("scandir/gateway-up");
  temp.mkdir("scandir/gateway-off");
  temp.mkdir("scandir/dashboard");
  const bin = fakeBin(`${temp.path}/bin`, {
    id: `[ "$*" = -u ] && echo ${uid} || echo 10000`,
    // What would kill every process of this user is only noted.
    "s6-setuidgid": 'case $* in *"kill -s KILL -- -1"*) : >"$NOTES/swept"; exit ;; esac\n' +
      'echo "$1" >>"$NOTES/users"; shift; exec "$@"',
    "s6-svok": "case $1 in */gateway-up/) ;; *) exit 1 ;; esac",
    "s6-svc": `${recorder(`${temp.path}/svc`, 'exit "${SVC-0}"')}`,
    sleep: "",
  });
  fakeBin(temp.path, { hook: renderStopHook() });
  return run("/bin/sh", {
    ...options,
    args: [`${temp.path}/hook`],
    env: {
      PATH: `${bin}:/usr/bin:/bin`,
      NOTES: temp.path,
      HERMES_SUPERVISION: "shared",
      S6_PROFILE_GATEWAY_SCANDIR: `${temp.path}/scandir`,
      ...env,
    },
  });
}

const users = (temp: TempDir) =>
  exists(`${temp.path}/users`) ? Deno.readTextFileSync(`${temp.path}/users`) : "";

Deno.test("the committed stop hook is what the generator renders", () => {
  const path = `${REPO}/rootfs/${STOP_HOOK_FILE}`;
  assertEquals(Deno.readTextFileSync(path), renderStopHook());
  assertEquals(modeOf(path) & 0o111, 0o111);
});

Deno.test("the service gateways gives gateways as long as the stop hook does", () => {
  const file = `${REPO}/rootfs/etc/s6-overlay/s6-rc.d/gateways/timeout-kill`;
  assertEquals(Deno.readTextFileSync(file), `${STOP_MS}\n`);
});

Deno.test("the stop hook stops what is supervised, as hermes", async () => {
  using temp = new TempDir();
  const { code, stdout, stderr } = await runHook(temp);
  assertEquals([code, stdout, stderr], [0, "", ""]);
  assertEquals(users(temp), "hermes\n");
  const dir = `${temp.path}/scandir/gateway-up/`;
  assertEquals(recorded(`${temp.path}/svc`), ["-wD", `-T${STOP_MS}`, "-d", dir]);
});

Deno.test("the stop hook takes away the slots that s6-linux-init-shutdownd cannot rename", async () => {
  using temp = new TempDir();
  const slots = [215, 216, MAX_PROFILE_NAME_LENGTH].map((length) => slotName("a".repeat(length)));
  for (const slot of slots) temp.mkdir(`scandir/${slot}`);
  assertEquals((await runHook(temp)).code, 0);
  const left = [...Deno.readDirSync(`${temp.path}/scandir`)].map(({ name }) => name).sort();
  const expected = [".stopped-1", ".stopped-2", "dashboard", "gateway-off", "gateway-up", slots[0]];
  assertEquals(left, expected.sort());
});

Deno.test("the stop hook kills what does not stop in time, and succeeds", async () => {
  using temp = new TempDir();
  assertEquals((await runHook(temp, { env: { SVC: "99" } })).code, 0);
  assertEquals(recorded(`${temp.path}/svc`).slice(0, 3), ["-wD", "-T1000", "-dk"]);
});

Deno.test("the stop hook drops nothing where it is not root", async () => {
  using temp = new TempDir();
  assertEquals((await runHook(temp, { uid: 10000 })).code, 0);
  assertEquals(users(temp), "");
  assert(exists(`${temp.path}/svc`) && !exists(`${temp.path}/swept`));
});

for (const capabilities of ["all", "without kill"] as const) {
  Deno.test({
    name: `the stop hook as root with capabilities "${capabilities}" has hermes kill what is ` +
      "left only where root cannot (only root has any)",
    ignore: !IS_ROOT,
    async fn() {
      using temp = new TempDir();
      const options = capabilities === "all" ? {} : { capabilities };
      assertEquals((await runHook(temp, options)).code, 0);
      assertEquals(exists(`${temp.path}/swept`), capabilities !== "all");
    },
  });
}

Deno.test("the stop hook does nothing for who is neither root nor hermes", async () => {
  using temp = new TempDir();
  const { code, stdout, stderr } = await runHook(temp, { uid: 4711 });
  assertEquals([code, stdout, stderr], [0, "", ""]);
  assert(!exists(`${temp.path}/svc`));
});

Deno.test("the stop hook refuses an unknown HERMES_SUPERVISION with one line", async () => {
  using temp = new TempDir();
  const { code, stderr } = await runHook(temp, { env: { HERMES_SUPERVISION: "mixed" } });
  assertEquals(code, 2);
  assertMatch(stderr, /^02-stop-gateways: fatal: HERMES_SUPERVISION: [^\n]+\n$/);
});
