import { assertEquals } from "@std/assert";
import { TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const SCRIPT = "opt/hermes-boot/libexec/hermes-version";

/** What it prints with this hermes. */
async function ask(temp: TempDir, body?: string): Promise<string> {
  const tree = new Tree(temp);
  if (body !== undefined) tree.fake("bin/hermes", body);
  const { code, stdout, stderr } = await tree.run(SCRIPT, { env: { TMPDIR: temp.path } });
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

for (
  const [says, version] of [
    ["Hermes Agent v0.19.0 (2026.7.20)", "0.19.0\n"],
    ["Hermes Agent v0.21.4 (2026.9.21) - upstream 71a2fe39", "0.21.4\n"],
    ["a warning\nHermes Agent v0.21.4 (2026.9.21)\nPython: 3.13.5", "0.21.4\n"],
    ["0.22.0.dev1", "0.22.0\n"],
    ["hermes: unknown command", ""],
    ["", ""],
  ] as const
) {
  Deno.test(`hermes-version finds ${JSON.stringify(version)} in ${JSON.stringify(says)}`, async () => {
    using temp = new TempDir();
    assertEquals(await ask(temp, `[ "$*" = --version ] && printf '%s\\n' '${says}'`), version);
  });
}

Deno.test("hermes-version says nothing without hermes, and of one that fails", async () => {
  using temp = new TempDir();
  assertEquals(await ask(temp), "");
  using other = new TempDir();
  assertEquals(await ask(other, "echo broken >&2; exit 1"), "");
});

Deno.test("hermes-version asks in a home of its own, and leaves none behind", async () => {
  using temp = new TempDir();
  const body =
    `touch "$HERMES_HOME/config.yaml" "$HOME/x"; echo "v0.1 $HERMES_HOME" | tee ${temp.path}/said`;
  assertEquals(await ask(temp, body), "0.1\n");
  const [, home = ""] = Deno.readTextFileSync(`${temp.path}/said`).trim().split(" ");
  assertEquals(home.startsWith(`${temp.path}/`), true);
  const left = [...Deno.readDirSync(temp.path)].map(({ name }) => name).sort();
  assertEquals(left, ["root", "said"]);
});
