import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../lib/image/commands.ts";
import { RUN_ARGUMENTS } from "../../lib/image/scripts.ts";
import { STAGES } from "../../lib/image/stages.ts";
import { REPO } from "../_fixtures.ts";

Deno.test("RUN_ARGUMENTS has lines for each stage's script, which ends by running Deno on them", () => {
  for (const { script, entry, passesArguments } of STAGES) {
    const lines = RUN_ARGUMENTS.get(script) ?? "";
    assertStringIncludes(lines, "set -- --no-prompt --cached-only --quiet \\\n");
    assert(lines.endsWith(`  /opt/hermes-boot/${entry}${passesArguments ? ' "$@"' : ""}\n`), lines);
    const text = Deno.readTextFileSync(`${REPO}/rootfs/${script}`);
    assertStringIncludes(text.slice(text.indexOf(lines) + lines.length), "/usr/local/bin/deno run");
  }
});

Deno.test("RUN_ARGUMENTS names each command of gatewayctl that needs a permission", () => {
  const lines = RUN_ARGUMENTS.get("usr/local/bin/gatewayctl") ?? "";
  const named = [...lines.matchAll(/^ {2}(\w+)\)$/gm)].map(([, name]) => name);
  const needing = COMMANDS.map(({ name }) => name)
    .filter((name) => name !== "completion" && name !== "help");
  assertEquals(named, needing);
});
