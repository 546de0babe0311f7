import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CAUSES } from "../lib/explain/causes.ts";
import { VERSION } from "../lib/image/commands.ts";
import { REPO, runEntry } from "./_fixtures.ts";
import { follow, isShown, readBlocks } from "./_pages.ts";
import { modeOf, run, runSync, TempDir } from "./_temp.ts";

const read = (path: string) => Deno.readTextFileSync(`${REPO}/${path}`);

Deno.test("every shell block of the documentation is shell", async () => {
  using temp = new TempDir();
  let count = 0;
  for (const [page, blocks] of readBlocks()) {
    for (const { text, line } of blocks.filter(({ info }) => /^sh\b/.test(info))) {
      const { code, stderr } = await run("sh", { args: ["-n", temp.write("block", text)] });
      assertEquals(code, 0, `${page}:${line}: ${stderr}`);
      count++;
    }
  }
  assert(count > 10);
});

Deno.test("every block of the documentation says what it is", () => {
  for (const [page, blocks] of readBlocks()) {
    for (const { info, line } of blocks) {
      assertMatch(info, /^(sh|sh run|sh file=\S+|console|text|yaml|ts|json)$/, `${page}:${line}`);
    }
  }
});

Deno.test("docs/operate.md has every state that gatewayctl list shows, and the README's are among them", () => {
  const shown: readonly string[] = Object.values(CAUSES).map(([, words]) => words);
  const firstCells = (text: string) =>
    [...text.matchAll(/^\| (`[^|]*`) \|/gm)]
      .flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, words]) => words!));
  const operate = firstCells(read("docs/operate.md"));
  assertEquals(shown.filter((words) => !operate.includes(words)), []);
  const [table = ""] = /^\| `list` says .*\n((?:\|.*\n)+)/m.exec(read("README.md"))?.slice(1) ?? [];
  const states = firstCells(table);
  assertEquals(states.filter((words) => !shown.includes(words)), []);
  assert(states.length > 8);
});

Deno.test("what a page has the reader do in the repository can be done", async () => {
  using temp = new TempDir();
  runSync("cp", "-R", `${REPO}/rootfs`, temp.path);
  for (const [page, blocks] of readBlocks()) await follow(page, blocks, temp.path);
  const beat = `${temp.path}/rootfs/etc/s6-overlay/s6-rc.d/beat`;
  assertEquals([modeOf(`${beat}/run`), modeOf(`${beat}/finish`)], [0o755, 0o755]);
  const like = `${REPO}/rootfs/etc/s6-overlay/s6-rc.d/profile-watch`;
  for (const { name } of Deno.readDirSync(like)) assert(Deno.statSync(`${beat}/${name}`));
});

Deno.test("isShown() minds all but numbers and spaces, and `...` is any lines", () => {
  const printed = "NAME  FOR\ncoder  13s\nwriter  4s\n";
  for (
    const shown of ["NAME FOR\ncoder 1s\nwriter 22h", "...\nwriter 1s", "NAME FOR\n...", "..."]
  ) {
    assert(isShown(shown, printed), shown);
  }
  for (const shown of ["NAME FOR\ncoder 1s", "...\ncoder 1s", "NAME FOR\ncoder -\nwriter 4s", ""]) {
    assert(!isShown(shown, printed), shown);
  }
});

/** A copy of the documentation that can be spoiled, and the task's outcome in it. */
function copyPages(temp: TempDir) {
  // What it links to must be there.
  runSync(
    "cp",
    "-R",
    ...["docs", "deploy", "tests", "bench", "LICENSE"].map((name) => `${REPO}/${name}`),
    temp.path,
  );
  for (const [page] of readBlocks()) Deno.copyFileSync(`${REPO}/${page}`, `${temp.path}/${page}`);
  return () => runEntry("tasks/links.ts", ["--allow-read=."], { args: [], cwd: temp.path });
}

Deno.test("links.ts names a dead link, a dead anchor, a lost page, a long README and a sentence told twice", async () => {
  using temp = new TempDir();
  const links = copyPages(temp);
  assertEquals(await links(), { code: 0, stdout: "", stderr: "" });
  const sentence = "This is a sentence that nobody should have to read two times.\n";
  for (
    const [page, more, says] of [
      ["docs/json.md", "[x](nowhere.md)", "nowhere.md: no such file"],
      ["docs/json.md", "![x](nowhere.svg)", "nowhere.svg: no such file"],
      ["SECURITY.md", "[x](README.md#nowhere)", "README.md#nowhere: no such heading"],
      ["docs/lost.md", "# Lost\n", "docs/lost.md: no page links to it"],
      ["README.md", "\n".repeat(150) + "end\n", "lines, expected 150 at most"],
      ["docs/backup.md", `\n${sentence}\n${sentence}`, "this is a sentence that nobody"],
    ] as const
  ) {
    const path = `${temp.path}/${page}`;
    const right = await Deno.readTextFile(path).catch(() => undefined);
    Deno.writeTextFileSync(path, `${right ?? ""}\n${more}`);
    const { code, stderr } = await links();
    assertEquals(code, 1, says);
    assertStringIncludes(stderr, says);
    if (right === undefined) Deno.removeSync(path);
    else Deno.writeTextFileSync(path, right);
  }
});

Deno.test("the version is the same in deno.json, gatewayctl, the image's label and the CHANGELOG", () => {
  assertEquals(JSON.parse(read("deno.json")).version, VERSION);
  assertEquals(/image\.version="([^"]*)"/.exec(read("Dockerfile"))?.[1], VERSION);
  assertEquals(/^## (\d\S*?),? /m.exec(read("CHANGELOG.md"))?.[1], VERSION);
});

Deno.test("the README's numbers are those of docs/performance.md, of the slower mode", () => {
  const rows = [...read("docs/performance.md").matchAll(/^\| 20 \| ([^|]+) \| (.+) \|$/gm)]
    .map(([, name, cells]) => [name!, ...cells!.split(" | ")]);
  const most = (name: string, column: number) =>
    Math.max(...rows.filter(([one]) => one!.startsWith(name)).map((row) => Number(row[column])));
  const readme = read("README.md");
  const seconds = ["hermes-boot", "pm2-runtime", "supervisord"].map((name) => most(name, 1));
  const [ours, pm2, supervisord] = seconds.map((value) => value.toFixed(1));
  assertStringIncludes(
    readme,
    `is up after **${ours} s**. pm2-runtime takes ${pm2} s, supervisord ${supervisord} s.`,
  );
  const [mine, theirs, others] = ["hermes-boot", "pm2-runtime", "supervisord"]
    .map((name) => most(name, 3));
  assertStringIncludes(
    readme,
    `takes **${mine} MiB**, of pm2-runtime ${theirs} MiB, of supervisord ${others} MiB`,
  );
  assertStringIncludes(readme, `is back after **${(most("hermes-boot", 4) / 1000).toFixed(1)} s**`);
});

Deno.test("the package is ready to be published, and its documentation can be built", async () => {
  using temp = new TempDir();
  for (
    const args of [
      ["publish", "--dry-run", "--allow-dirty", "--quiet"],
      ["doc", "--html", `--output=${temp.path}/html`, "mod.ts"],
    ]
  ) {
    const options = { args, cwd: REPO, env: Deno.env.toObject(), timeoutMs: 120_000 };
    const { code, stderr } = await run(Deno.execPath(), options);
    assertEquals(code, 0, stderr);
  }
});
