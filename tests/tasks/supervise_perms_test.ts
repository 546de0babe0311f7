import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SUPERVISE_PERMS } from "../../lib/image/stages.ts";
import { mkfifo, runStage } from "../_fixtures.ts";
import { modeOf, snapshot, TempDir } from "../_temp.ts";

/** Runs 015 on a static service and a scandir. */
async function share(
  temp: TempDir,
  args: string[],
  spoil: (servicedirs: string) => void = () => {},
) {
  const servicedirs = temp.mkdir("servicedirs");
  const scandir = temp.mkdir("scandir");
  temp.mkdir("servicedirs/dashboard");
  temp.mkdir("servicedirs/dashboard/event", 0o3730);
  temp.mkdir("servicedirs/dashboard/supervise", 0o700);
  temp.mkdir("scandir/.s6-svscan", 0o700);
  mkfifo(`${servicedirs}/dashboard/supervise/control`);
  mkfifo(`${scandir}/.s6-svscan/control`);
  spoil(servicedirs);
  const before = snapshot(temp.path);
  const outcome = await runStage(SUPERVISE_PERMS, { servicedirs, scandir }, {
    args: [`--servicedirs=${servicedirs}`, "--scandir", scandir, ...args],
  });
  return { ...outcome, servicedirs, scandir, before };
}

const OWNER = ["--owner", `${(Deno.uid() ?? 0) + 12345}:${Deno.gid()}`];

Deno.test("015 shares the services and the scandir, says so and exits 0", async () => {
  using temp = new TempDir();
  const { code, stdout, stderr, servicedirs, scandir } = await share(temp, OWNER);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^015-supervise-perms: info: [\x20-\x7e]*dashboard[\x20-\x7e]*\n$/);
  assertEquals(modeOf(`${servicedirs}/dashboard/supervise`), 0o755);
  assertEquals(modeOf(scandir), 0o1775);
});

Deno.test("015 without --owner changes nothing and exits 0", async () => {
  using temp = new TempDir();
  const { code, before } = await share(temp, []);
  assertEquals([code, snapshot(temp.path)], [0, before]);
});

for (
  const [what, spoil, words] of [
    ["an odd service", (dir: string) => Deno.mkdirSync(`${dir}/a\nb`), "service a\\nb: "],
    ["no service", (dir: string) => Deno.removeSync(dir, { recursive: true }), "static services: "],
  ] as const
) {
  Deno.test(`015 with ${what} shares what it can, warns in one line and exits 1`, async () => {
    using temp = new TempDir();
    const { code, stderr, scandir } = await share(temp, OWNER, spoil);
    assertEquals([code, modeOf(scandir)], [1, 0o1775]);
    assertMatch(stderr, /^015-supervise-perms: warning: [\x20-\x7e]+\n$/);
    assertStringIncludes(stderr, words);
  });
}
