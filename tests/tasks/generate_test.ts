import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { REPO, runEntry } from "../_fixtures.ts";
import { modeOf, runSync, snapshot, TempDir } from "../_temp.ts";

/** A copy of what is generated, and the generator in it, with the permissions of its tasks. */
function copyRepository(temp: TempDir) {
  runSync("cp", "-R", `${REPO}/rootfs`, `${REPO}/docs`, `${REPO}/README.md`, temp.path);
  return (...args: string[]) => {
    const write = args.length === 0 ? ["--allow-write=rootfs,README.md,docs"] : [];
    const flags = ["--allow-read=rootfs,README.md,docs", ...write];
    return runEntry("tasks/generate.ts", flags, { args, cwd: temp.path });
  };
}

Deno.test("generate.ts --check names what a byte or a mode differs in; generate.ts writes that and nothing else", async () => {
  using temp = new TempDir();
  const generate = copyRepository(temp);
  const path = (name: string) => `${temp.path}/${name}`;
  const replace = (name: string, from: string, to: string) =>
    Deno.writeTextFileSync(path(name), Deno.readTextFileSync(path(name)).replace(from, to));
  const right = snapshot(temp.path);
  const exact = snapshot(temp.path, { exact: true });
  for (const args of [["--check"], []]) {
    assertEquals(await generate(...args), { code: 0, stdout: "", stderr: "" });
    assertEquals(snapshot(temp.path, { exact: true }), exact);
  }
  const run = "rootfs/etc/s6-overlay/s6-rc.d/dashboard/run";
  const hook = "rootfs/etc/cont-init.d/02-reconcile-profiles";
  for (
    const [name, spoil] of [
      [run, () => replace(run, "exit 0", "exit 1")],
      [run, () => Deno.chmodSync(path(run), 0o644)],
      [run, () => Deno.removeSync(path(run))],
      [hook, () => replace(hook, "--allow-run=/usr/bin/mkfifo", "--allow-run")],
      ["docs/json.md", () => replace("docs/json.md", "number", "string")],
      ["README.md", () => replace("README.md", "`HERMES_HOME`", "`HOME`")],
      [
        "docs/environment.md",
        () => replace("docs/environment.md", "| `HERMES_HOME`", "| `HOME`"),
      ],
      [
        "docs/permissions.md",
        () => replace("docs/permissions.md", "`/usr/bin/mkfifo`", "`/bin/sh`"),
      ],
    ] as const
  ) {
    spoil();
    const spoiled = snapshot(temp.path);
    const { code, stderr } = await generate("--check");
    assertEquals([code, snapshot(temp.path)], [1, spoiled], name);
    assertMatch(stderr, /^generate: error: [\x20-\x7e]+\n$/);
    assertStringIncludes(stderr, name);
    assertEquals((await generate()).code, 0);
    assertEquals([snapshot(temp.path), modeOf(path(run))], [right, 0o755]);
  }
});

Deno.test("generate.ts says which mark is missing and exits 1", async () => {
  using temp = new TempDir();
  const generate = copyRepository(temp);
  temp.write("docs/permissions.md", "no marks");
  const { code, stderr } = await generate("--check");
  assertEquals([code, stderr], [1, "generate: error: expected <!-- permissions -->, got none\n"]);
});
