import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SUPERVISE_PERMS } from "../../lib/image/stages.ts";
import { mkfifo, runStage } from "../_fixtures.ts";
import { modeOf, snapshot, TempDir } from "../_temp.ts";

/** A static service and a scandir for 015, and the arguments that name them. */
function makeStatic(temp: TempDir) {
  const servicedirs = temp.mkdir("servicedirs");
  const scandir = temp.mkdir("scandir");
  temp.mkdir("servicedirs/dashboard");
  temp.mkdir("servicedirs/dashboard/event", 0o3730);
  temp.mkdir("servicedirs/dashboard/supervise", 0o700);
  temp.mkdir("scandir/.s6-svscan", 0o700);
  mkfifo(`${servicedirs}/dashboard/supervise/control`);
  mkfifo(`${scandir}/.s6-svscan/control`);
  const args = ["--servicedirs", servicedirs, "--scandir", scandir];
  const owner = `--owner=${(Deno.uid() ?? 0) + 12345}:${Deno.gid()}`;
  return { servicedirs, scandir, args, owner };
}

Deno.test("015 shares the services and the scandir, says so and exits 0", async () => {
  using temp = new TempDir();
  const { servicedirs, scandir, args, owner } = makeStatic(temp);
  const { code, stdout, stderr } = await runStage(SUPERVISE_PERMS, { servicedirs, scandir }, {
    args: [...args, owner],
  });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^015-supervise-perms: info: [\x20-\x7e]*dashboard[\x20-\x7e]*\n$/);
  assertEquals(modeOf(`${servicedirs}/dashboard/supervise`), 0o755);
  assertEquals(modeOf(scandir), 0o1775);
});

Deno.test("015 without --owner changes nothing and exits 0", async () => {
  using temp = new TempDir();
  const { servicedirs, scandir, args } = makeStatic(temp);
  const before = snapshot(temp.path);
  const { code } = await runStage(SUPERVISE_PERMS, { servicedirs, scandir }, { args });
  assertEquals(code, 0);
  assertEquals(snapshot(temp.path), before);
});

Deno.test("015 shares what it can and exits 1 when something is left alone", async () => {
  using temp = new TempDir();
  const { servicedirs, scandir, args, owner } = makeStatic(temp);
  temp.mkdir("servicedirs/new\nline");
  const { code, stdout, stderr } = await runStage(SUPERVISE_PERMS, { servicedirs, scandir }, {
    args: [...args, owner],
  });
  assertEquals(code, 1);
  assertMatch(stderr, /^015-supervise-perms: warning: service new\\nline: [\x20-\x7e]+\n$/);
  assertStringIncludes(stdout, "dashboard");
  assertEquals(modeOf(scandir), 0o1775);
});

Deno.test("015 without service directories still shares the scandir and exits 1", async () => {
  using temp = new TempDir();
  const { servicedirs, scandir, args, owner } = makeStatic(temp);
  Deno.removeSync(servicedirs, { recursive: true });
  const { code, stderr } = await runStage(SUPERVISE_PERMS, { servicedirs, scandir }, {
    args: [...args, owner],
  });
  assertEquals(code, 1);
  assertMatch(stderr, /^015-supervise-perms: warning: [\x20-\x7e]+\n$/);
  assertEquals(modeOf(scandir), 0o1775);
});
