import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../lib/image/commands.ts";
import { renderBashCompletion, renderZshCompletion } from "../../lib/image/completion.ts";
import { factsText } from "../_facts.ts";
import { run, TempDir } from "../_temp.ts";

Deno.test("both completions know every command and every option", () => {
  for (const text of [renderBashCompletion(), renderZshCompletion()]) {
    for (const { name, options } of COMMANDS) {
      assertStringIncludes(text, name);
      for (const option of options) assertStringIncludes(text, `--${option.name}`);
    }
  }
});

/** What bash offers for a line, with a home and a scandir of the test's. */
async function complete(temp: TempDir, ...words: string[]): Promise<string[]> {
  const facts = temp.write(
    "facts",
    factsText({
      home: `${temp.path}/it's home`,
      scandir: `${temp.path}/it's`,
      evil: "$(touch evil)",
    }),
  );
  const script = renderBashCompletion().replace("/run/hermes-boot/facts", facts);
  const line = ["gatewayctl", ...words].map((word) => `'${word}'`).join(" ");
  const { stdout, stderr } = await run("/bin/bash", {
    args: [
      "-c",
      `${script}COMP_WORDS=(${line}) COMP_CWORD=${words.length}
_gatewayctl
printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    env: { PATH: "/usr/bin:/bin" },
    cwd: temp.path,
  });
  assertEquals(stderr, "");
  return stdout.trimEnd().split("\n");
}

Deno.test("bash completes commands, options, and profiles of the container's home and scandir", async () => {
  using temp = new TempDir();
  temp.mkdir("it's home/profiles/coder");
  temp.mkdir("it's home/profiles/$(touch evil)");
  temp.mkdir("it's/gateway-writer");
  temp.mkdir("it's/dashboard");
  assertEquals(await complete(temp, "unr"), ["unregister"]);
  assertEquals(await complete(temp, "logs", "--f"), ["--follow"]);
  assertEquals(await complete(temp, "stop", ""), ["writer"]);
  assertEquals(await complete(temp, "why", ""), ["writer", "default", "coder"]);
  assertEquals(await complete(temp, "register", ""), ["default", "coder"]);
  assertEquals(await complete(temp, "logs", "--s"), ["--since"]);
  assertEquals(await complete(temp, "help", "unr"), ["unregister"]);
  assertEquals(await complete(temp, "--v"), ["--version"]);
  assertEquals(await complete(temp, "health", "--profile", "w"), ["writer"]);
  assertEquals([...Deno.readDirSync(temp.path)].filter(({ name }) => name === "evil"), []);
});
