import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../lib/image/commands.ts";
import { RUN_ARGUMENTS } from "../../lib/image/scripts.ts";
import { STAGES } from "../../lib/image/stages.ts";
import { REPO } from "../_fixtures.ts";

Deno.test("RUN_ARGUMENTS has lines for each stage's script, which ends by running Deno on them, in a zone that it need not look for, root with a cache of its own", () => {
  for (const { script, entry, user, passesArguments } of STAGES) {
    const lines = RUN_ARGUMENTS.get(script) ?? "";
    assertStringIncludes(lines, "set -- --no-prompt --cached-only --quiet \\\n");
    assertStringIncludes(
      lines,
      `  /opt/hermes-boot/${entry.replace(".ts", ".js")}${passesArguments ? ' "$@"' : ""}\n`,
    );
    const text = Deno.readTextFileSync(`${REPO}/rootfs/${script}`);
    const end = text.slice(text.indexOf(lines) + lines.length);
    const [, cache] =
      / env -i (?:HOME=\/ )?NO_COLOR=1 TZ=Etc\/UTC DENO_DIR=(\S+) \/usr\/local\/bin\/deno run /
        .exec(end) ?? [];
    assertEquals(cache, `/opt/hermes-boot/deno_dir${user === "root" ? "/root" : ""}`);
  }
});

Deno.test("RUN_ARGUMENTS names each command of gatewayctl that needs a permission", () => {
  const lines = RUN_ARGUMENTS.get("usr/local/bin/gatewayctl") ?? "";
  const named = [...lines.matchAll(/^ {2}(\w+)\)$/gm)].map(([, name]) => name);
  const needing = COMMANDS.map(({ name }) => name)
    .filter((name) => name !== "completion" && name !== "help");
  assertEquals(named, needing);
});
