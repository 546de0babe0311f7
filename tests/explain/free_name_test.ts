import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { freeName } from "../../lib/explain/free_name.ts";
import { profileNameProblem } from "../../lib/profile/name.ts";

Deno.test("freeName() keeps what is legal of a name", () => {
  const cases: readonly [name: string, taken: readonly string[], free: string][] = [
    ["My Bot", [], "my-bot"],
    ["Größe", [], "gro-e"],
    ["_x_", [], "x"],
    ["../../etc", [], "etc"],
    ["💥", [], "profile"],
    ["💥", ["profile", "profile-2"], "profile-3"],
    ["Coder", ["coder"], "coder-2"],
    ["default", ["default"], "default-2"],
  ];
  for (const [name, taken, free] of cases) assertEquals(freeName(name, taken), free);
});

Deno.test("freeName() is legal and free, whatever the name is", () => {
  fc.assert(fc.property(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.array(fc.constantFrom<string>("profile", "profile-2", "a", "x")),
    (name, taken) => {
      const free = freeName(name, taken);
      assert(profileNameProblem(free) === undefined && !taken.includes(free), free);
    },
  ));
});
