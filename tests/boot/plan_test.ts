import { assert, assertEquals, assertThrows } from "@std/assert";
import { survey } from "../../lib/boot/plan.ts";
import { Home, RUNNING, runScript, STOPPED } from "../_fixtures.ts";
import { snapshot, TempDir } from "../_temp.ts";

Deno.test("survey() has default first, then the named profiles by name, legal or not", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("b", RUNNING);
  home.add("a", STOPPED);
  home.add("A", RUNNING);
  const before = snapshot(temp.path);
  const { steps, error } = survey(home.path, () => {});
  assertEquals(error, undefined);
  assertEquals(steps.map(({ action }) => `${action.profile} ${action.action}`), [
    ...["default registered", "A skipped", "a registered", "b started"],
  ]);
  assertEquals(steps.map(({ listing }) => listing !== undefined), [true, false, true, true]);
  assertEquals(snapshot(temp.path), before);
});

Deno.test("survey() decides about the root profile even when profiles cannot be read", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  Deno.chmodSync(`${home.path}/profiles`, 0);
  const { stdout } = await runScript(
    `
    import { survey } from "../../lib/boot/plan.ts";
    const { steps, error } = survey(".", () => {});
    console.log(steps.map(({ action }) => action.action).join(), error.name);
    `,
    { cwd: home.path, capabilities: "none" },
  );
  assertEquals(stdout, "started PermissionDenied\n");
});

Deno.test({
  name: "survey() never swallows Deno's NotCapable",
  permissions: { read: false },
  fn() {
    const warnings: string[] = [];
    assertThrows(
      () => survey("/opt/data", (message) => warnings.push(message)),
      Deno.errors.NotCapable,
    );
    assert(warnings.length === 0);
  },
});
