import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readExtraEnv, renderSlot } from "../../lib/slot/render.ts";

const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
const hostile = fc.string({ unit: fc.constantFrom("'", "\\", "\n", "$", "`", '"', "=", "x", "é") });
const value = fc.oneof(hostile, fc.string()).filter((text) => !text.includes("\0"));
const env = fc.array(fc.tuple(key, value)).map((entries) => Object.fromEntries(entries));
const home = fc.oneof(fc.constant("/opt/data"), hostile.map((text) => `/${text}`));

Deno.test("readExtraEnv() is the exact inverse of renderSlot()", () => {
  fc.assert(fc.property(home, env, (home, extraEnv) => {
    const slot = { profile: "coder", home };
    const { run } = renderSlot({ ...slot, extraEnv });
    const found = readExtraEnv(run);
    assertEquals(Object.entries(found ?? {}), Object.entries(extraEnv));
    assertEquals(renderSlot({ ...slot, extraEnv: found ?? {} }).run, run);
  }));
});

Deno.test("readExtraEnv() keeps a variable named __proto__", () => {
  const extraEnv = Object.fromEntries([["__proto__", "x"]]);
  const { run } = renderSlot({ profile: "coder", home: "/h", extraEnv });
  assertEquals(Object.entries(readExtraEnv(run) ?? {}), [["__proto__", "x"]]);
});

Deno.test("readExtraEnv() refuses a run that renderSlot() did not make", () => {
  const { run } = renderSlot({ profile: "coder", home: "/h", extraEnv: { A: "1" } });
  for (
    const other of [
      "",
      "#!/bin/sh\n",
      run.slice(1),
      run.replace("export A='1'", "export A=1"),
      run.replace("export A='1'", "export A='1' B=2"),
      run.replace("export A='1'", "touch /tmp/x; export A='1'"),
      run.slice(0, run.indexOf("export HERMES")),
    ]
  ) assertEquals(readExtraEnv(other), undefined, other);
});
