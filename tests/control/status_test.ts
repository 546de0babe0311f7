import { assertEquals } from "@std/assert";
import { inOrder, legalProfiles } from "../../lib/control/status.ts";
import { Home } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

Deno.test("legalProfiles() lists default, then what can have a gateway, by name", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const names = ["writer", "coder-2", "coder_2", "a", "coder", "0"];
  for (const name of [...names, "Coder", "my bot", ".hidden", "a".repeat(244)]) home.add(name);
  temp.mkdir("home/profiles/default");
  temp.write("home/profiles/default/SOUL.md");
  temp.mkdir("home/profiles/soulless");
  temp.write("home/profiles/file");
  Deno.symlinkSync("coder", `${home.path}/profiles/link`);
  const warnings: string[] = [];
  const listed = legalProfiles(home.path, (message) => warnings.push(message));
  assertEquals(listed, ["default", "0", "a", "coder", "coder-2", "coder_2", "writer"]);
  assertEquals(warnings, []);
});

Deno.test("legalProfiles() has the root profile alone where there are no profiles", () => {
  using temp = new TempDir();
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  assertEquals([legalProfiles(temp.path, warn), warnings], [["default"], []]);
  const file = temp.write("profiles");
  assertEquals(legalProfiles(temp.path, warn), ["default"]);
  assertEquals(warnings, [`${file} is not a directory: no named profiles`]);
});

Deno.test("inOrder() has default first, then the others by name, each once", () => {
  assertEquals(inOrder(["coder", "default", "a", "coder", "B"]), ["default", "B", "a", "coder"]);
  assertEquals(inOrder(["coder", "a"]), ["a", "coder"]);
  assertEquals(inOrder([]), []);
});
