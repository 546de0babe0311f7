import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { REPO, runEntry } from "../_fixtures.ts";
import { modeOf, runSync, snapshot, TempDir } from "../_temp.ts";

/** A copy of what is generated, and the generator in it, with the permissions of its tasks. */
function copyRepository(temp: TempDir) {
  runSync("cp", "-R", `${REPO}/rootfs`, `${REPO}/README.md`, temp.path);
  return (...args: string[]) => {
    const write = args.length === 0 ? ["--allow-write=rootfs,README.md"] : [];
    const flags = ["--allow-read=rootfs,README.md", ...write];
    return runEntry("tasks/generate.ts", flags, { args, cwd: temp.path });
  };
}

Deno.test("generate.ts --check names what a byte or a mode differs in, and generate.ts mends it", async () => {
  using temp = new TempDir();
  const generate = copyRepository(temp);
  const rootfs = `${temp.path}/rootfs`;
  const run = `${rootfs}/etc/s6-overlay/s6-rc.d/dashboard/run`;
  const hook = `${rootfs}/etc/cont-init.d/02-reconcile-profiles`;
  const readme = `${temp.path}/README.md`;
  const replace = (path: string, from: string, to: string) =>
    Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace(from, to));
  const right = snapshot(temp.path);
  assertEquals(await generate("--check"), { code: 0, stdout: "", stderr: "" });
  for (
    const [path, spoil] of [
      [run, () => replace(run, "exit 0", "exit 1")],
      [run, () => Deno.chmodSync(run, 0o644)],
      [run, () => Deno.removeSync(run)],
      [hook, () => replace(hook, "--allow-run=/usr/bin/mkfifo", "--allow-run")],
      [readme, () => replace(readme, "`/usr/bin/mkfifo`", "`/bin/sh`")],
    ] as const
  ) {
    spoil();
    const spoiled = snapshot(temp.path);
    const { code, stderr } = await generate("--check");
    assertEquals(code, 1, path);
    assertMatch(stderr, /^generate: fatal: [\x20-\x7e]+\n$/);
    assertStringIncludes(stderr, path.slice(temp.path.length + 1));
    assertEquals(snapshot(temp.path), spoiled);
    assertEquals((await generate()).code, 0);
    assertEquals(modeOf(run), 0o755);
    assertEquals(snapshot(temp.path), right);
  }
});

Deno.test("generate.ts writes nothing over what is right", async () => {
  using temp = new TempDir();
  const generate = copyRepository(temp);
  const before = snapshot(temp.path, { exact: true });
  assertEquals(await generate(), { code: 0, stdout: "", stderr: "" });
  assertEquals(snapshot(temp.path, { exact: true }), before);
});

Deno.test("generate.ts says which mark is missing and exits 1", async () => {
  using temp = new TempDir();
  const generate = copyRepository(temp);
  temp.write("README.md", "no marks");
  const { code, stderr } = await generate("--check");
  assertEquals([code, stderr], [1, "generate: fatal: expected <!-- permissions -->, got none\n"]);
});
