import { assert } from "@std/assert";
import { COMMANDS } from "../../lib/image/commands.ts";
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
