import { assert, assertEquals } from "@std/assert";
import { COMMANDS, commandTable, wordOption } from "../../lib/image/commands.ts";
import { permissionFlags } from "../../lib/image/permissions.ts";

Deno.test("no command may do anything unscoped, or anything to the home itself", () => {
  for (const { name, permissions } of COMMANDS) {
    const granted = permissions({ facts: "/f", home: "/h", scandir: "/s" });
    for (const flag of permissionFlags(granted)) {
      assert(/^--allow-(read|write|run|env)=./.test(flag), `${name}: ${flag}`);
    }
    for (const path of [...granted.read ?? [], ...granted.write ?? []]) {
      assert(/^\/(f$|s$|h\/.)/.test(path), `${name}: ${path}`);
    }
    for (const program of granted.run ?? []) assert(program.startsWith("/"), `${name}: ${program}`);
    assert(!granted.write?.includes("/f"), name);
  }
});

Deno.test("wordOption() words short and long options with their value", () => {
  assertEquals(wordOption({ name: "follow", short: "f", text: "" }), "-f, --follow");
  assertEquals(wordOption({ name: "timeout", value: "SECONDS", text: "" }), "--timeout SECONDS");
});

Deno.test("commandTable() has a row for each set of permissions, and each command once", () => {
  const [, , ...rows] = commandTable().trimEnd().split("\n");
  const names = rows.flatMap((row) => row.split(" | ")[0]?.replace("| ", "").split(", ") ?? []);
  assertEquals(names.sort(), COMMANDS.map(({ name }) => name).sort());
});
