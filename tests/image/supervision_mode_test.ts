import { assertEquals, assertMatch } from "@std/assert";
import { SUPERVISION_MODE } from "../../lib/image/supervision_mode.ts";
import { fakeBin, IS_ROOT } from "../_fixtures.ts";
import { type Outcome, run, type RunOptions, TempDir } from "../_temp.ts";

/** Runs the lines with fake user `uid`, or as who one is, and prints what they set. */
async function decide(
  env: Record<string, string>,
  { uid, capabilities }: { uid?: number } & Pick<RunOptions, "capabilities"> = {},
): Promise<Outcome> {
  using temp = new TempDir();
  const path = uid === undefined
    ? "/usr/bin:/bin"
    : fakeBin(`${temp.path}/bin`, { id: `[ "$*" = -u ] && echo ${uid}` });
  const script = `prog=test\n${SUPERVISION_MODE}printf '%s|%s|%s' "$mode" "$scandir" "$why"\n`;
  return await run("/bin/sh", {
    args: ["-c", script],
    env: { PATH: path, ...env },
    ...capabilities === undefined ? {} : { capabilities },
  });
}

const SHARED = "shared|/run/service|";
const ISOLATED = "isolated|/run/hermes/service|";
const WHY = "root lacks CAP_DAC_OVERRIDE or CAP_KILL";

Deno.test("supervision is shared by itself when not root, whatever the capabilities", async () => {
  for (const capabilities of ["none", "without kill"] as const) {
    const { code, stdout, stderr } = await decide({}, { uid: 10000, capabilities });
    assertEquals([code, stdout, stderr], [0, SHARED, ""]);
  }
});

Deno.test({
  name: "supervision is shared by itself as root with every capability (only root has any)",
  ignore: !IS_ROOT,
  async fn() {
    const { stdout } = await decide({});
    assertEquals(stdout, SHARED);
  },
});

for (const capabilities of ["none", "chown", "without kill", "without dac_override"] as const) {
  Deno.test({
    name: `supervision is isolated by itself as root with capabilities "${capabilities}", ` +
      "and says why (only root has any)",
    ignore: !IS_ROOT,
    async fn() {
      const { code, stdout, stderr } = await decide({}, { capabilities });
      assertEquals([code, stdout, stderr], [0, ISOLATED + WHY, ""]);
    },
  });

  Deno.test({
    name: `HERMES_SUPERVISION wins as root with capabilities "${capabilities}", ` +
      "and it is known what speaks against shared (only root has any)",
    ignore: !IS_ROOT,
    async fn() {
      const shared = await decide({ HERMES_SUPERVISION: "shared" }, { capabilities });
      assertEquals(shared.stdout, SHARED + WHY);
      const isolated = await decide({ HERMES_SUPERVISION: "isolated" }, { capabilities });
      assertEquals(isolated.stdout, ISOLATED + WHY);
    },
  });
}

Deno.test("an empty HERMES_SUPERVISION is none", async () => {
  const { stdout } = await decide({ HERMES_SUPERVISION: "" }, { uid: 10000 });
  assertEquals(stdout, SHARED);
});

Deno.test("HERMES_SUPERVISION chooses the scandir too", async () => {
  for (const [mode, expected] of [["shared", SHARED], ["isolated", ISOLATED]] as const) {
    const { stdout } = await decide({ HERMES_SUPERVISION: mode }, { uid: 10000 });
    assertEquals(stdout, expected);
  }
});

Deno.test("S6_PROFILE_GATEWAY_SCANDIR is the scandir in either mode, and an empty one is none", async () => {
  for (const [mode, fallback] of [["shared", SHARED], ["isolated", ISOLATED]] as const) {
    const env = { HERMES_SUPERVISION: mode };
    const odd = "/run/it's $(id) * a";
    const set = await decide({ ...env, S6_PROFILE_GATEWAY_SCANDIR: odd }, { uid: 10000 });
    assertEquals(set.stdout, `${mode}|${odd}|`);
    const empty = await decide({ ...env, S6_PROFILE_GATEWAY_SCANDIR: "" }, { uid: 10000 });
    assertEquals(empty.stdout, fallback);
  }
});

Deno.test("a HERMES_SUPERVISION that is neither is one printable line and exit 2", async () => {
  for (const mode of ["Shared", "both", " shared", "isolated\n", "*", "\x1b[2J\nevil", "$(id)"]) {
    const { code, stdout, stderr } = await decide({ HERMES_SUPERVISION: mode }, { uid: 10000 });
    assertEquals([code, stdout], [2, ""], JSON.stringify(mode));
    assertMatch(stderr, /^test: fatal: HERMES_SUPERVISION: [\x20-\x7e]+\n$/);
  }
});
