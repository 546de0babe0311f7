import { assertEquals } from "@std/assert";
import { shellQuote } from "../../lib/_quote.ts";
import { TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const FILES = ["self.sh", "home.sh", "want-ids.sh", "command.sh", "write-facts.sh"];

const ROLES: readonly (readonly [role: string, command: readonly string[]])[] = [
  ["dashboard", ["dashboard"]],
  ["dashboard", ["dashboard", "--host", "0.0.0.0"]],
  ["gateway-run", ["gateway", "run"]],
  ["gateway-run", ["gateway", "run", "--replace", "-v"]],
  ["own-gateway", ["gateway", "run", "--no-supervise"]],
  ["own-gateway", ["gateway", "run", "--replace", "--no-supervise"]],
  ["gateway-run", ["gateway"]],
  ["gateway-run", ["-p", "default", "gateway", "run"]],
  ["gateway-run", ["gateway", "run", "--some-day"]],
  ["other", ["gateway", "run", "--help"]],
  ["other", ["gateway", "run", "-p", "dashboard"]],
  ["other", ["gateway", "run", "--profile=coder"]],
  ["dashboard", ["serve", "--port", "9119"]],
  ["dashboard", ["--profile", "coder", "dashboard"]],
  ["other", ["chat", "--help"]],
  ["other", ["mcp", "serve"]],
  ["other", ["gateway", "status"]],
  ["other", ["-p", "coder", "gateway", "run"]],
  ["other", ["chat", "dashboard"]],
  ["other", ["sh", "-c", "hermes gateway run"]],
  ["other", ["echo", "gateway", "run"]],
  ["other", ["my-hermes", "dashboard"]],
  ["other", ["hermes", "hermes", "dashboard"]],
  ["other", ["s6-setuidgid", "nobody", "hermes", "dashboard"]],
  ["other", []],
];
const WRAPPER = "/opt/hermes/docker/main-wrapper.sh";
const FRONTS: readonly (readonly string[])[] = [
  [],
  ["hermes"],
  ["/usr/local/bin/hermes"],
  [WRAPPER],
  [WRAPPER, "hermes"],
  ["/bin/sh", WRAPPER],
  ["/command/s6-setuidgid", "hermes", "hermes"],
];

Deno.test("role_of() tells what a container is for, whatever launcher is in front of its command", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const lines: string[] = [];
  const expected: string[] = [];
  for (const front of FRONTS) {
    for (const [role, command] of ROLES) {
      // Behind one hermes another one is no launcher.
      if (front.length > 0 && ["hermes", "s6-setuidgid"].includes(command[0] ?? "")) continue;
      lines.push(`role_of ${[...front, ...command].map(shellQuote).join(" ")}; echo "$role"`);
      expected.push(role);
    }
  }
  const { stdout, stderr } = await tree.source(FILES, lines.join("\n"));
  assertEquals([stdout.trimEnd().split("\n"), stderr], [expected, ""]);
  const unsupervised = await tree.source(
    FILES,
    'for command in "gateway run" dashboard sleep; do role_of $command; echo "$role"; done',
    { env: { HERMES_GATEWAY_NO_SUPERVISE: "yes" } },
  );
  assertEquals(unsupervised.stdout, "own-gateway\ndashboard\nother\n");
});
