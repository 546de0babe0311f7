import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InvalidProfileNameError } from "../../lib/_errors.ts";
import { renderSlot } from "../../lib/slot/render.ts";

const home = "/opt/data";

Deno.test("renderSlot() renders a longrun", () => {
  assertEquals(renderSlot({ profile: "coder", home }).type, "longrun\n");
});

Deno.test("renderSlot() renders run under with-contenv, so that it gets the container's environment", () => {
  assert(renderSlot({ profile: "coder", home }).run.startsWith("#!/command/with-contenv sh\n"));
});

Deno.test("renderSlot() renders scripts with an interpreter and a final newline", () => {
  const { run, finish, logRun } = renderSlot({ profile: "coder", home });
  for (const script of [run, finish, logRun]) {
    assert(script.startsWith("#!/") && script.endsWith("\n"));
  }
});

Deno.test("renderSlot() is pure: the same in, the same out", () => {
  const slot = { profile: "coder", home, extraEnv: { B: "2", A: "1" } };
  assertEquals(renderSlot(slot), renderSlot(slot));
  assertEquals(slot.extraEnv, { B: "2", A: "1" });
});

Deno.test("renderSlot() throws on an illegal profile name", () => {
  for (const profile of ["", "Bad", "a b", "x; id", "a".repeat(244)]) {
    assertThrows(() => renderSlot({ profile, home }), InvalidProfileNameError);
  }
});

Deno.test("renderSlot() throws on a home that is not absolute", () => {
  for (const relative of ["", "data", "./data", "~/data", " /data"]) {
    assertThrows(() => renderSlot({ profile: "coder", home: relative }), TypeError, "absolute");
  }
});

Deno.test("renderSlot() throws on an environment key that does not match [A-Za-z_][A-Za-z0-9_]*", () => {
  const bad = ["", "1A", "A-B", "A B", "A=B", "A\n", "A;id", "$(id)", "É", "A.B", "A\0"];
  for (const key of bad) {
    assertThrows(
      () => renderSlot({ profile: "coder", home, extraEnv: { [key]: "x" } }),
      TypeError,
      "environment key",
    );
  }
  const illegal = fc.string({ unit: "binary" })
    .filter((key) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key));
  fc.assert(fc.property(illegal, (key) => {
    assertThrows(
      () => renderSlot({ profile: "coder", home, extraEnv: Object.fromEntries([[key, "x"]]) }),
      TypeError,
    );
  }));
});

Deno.test("renderSlot() takes every legal environment key", () => {
  for (const key of ["A", "_", "a1", "__proto__", "A_B_2"]) {
    const extraEnv = Object.fromEntries([[key, "value"]]);
    assertStringIncludes(renderSlot({ profile: "coder", home, extraEnv }).run, `export ${key}=`);
  }
});

Deno.test("renderSlot() throws on a NUL in a value or in the home", () => {
  assertThrows(() => renderSlot({ profile: "coder", home, extraEnv: { A: "x\0y" } }), TypeError);
  assertThrows(() => renderSlot({ profile: "coder", home: "/opt/\0" }), TypeError);
});
