import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InvalidProfileNameError } from "../../lib/_errors.ts";
import { readExtraEnv, renderSlot } from "../../lib/slot/render.ts";

const home = "/opt/data";

Deno.test("renderSlot() renders a longrun whose run gets the container's environment", () => {
  const { type, run, finish, logRun } = renderSlot({ profile: "coder", home });
  assertEquals(type, "longrun\n");
  assertMatch(run, /^#!\/\S+contenv \/bin\/sh\n/);
  for (const script of [run, finish, logRun]) assert(script.endsWith("\n"));
});

Deno.test("renderSlot() has root only become hermes, before a shell reads the script, and nobody else", () => {
  const interpreters = (drops?: boolean) => {
    const { run, finish, logRun } = renderSlot({ profile: "coder", home, drops });
    return [run, finish, logRun].map((script) => script.split("\n", 1)[0]);
  };
  const [drop, contenv] = ["/run/hermes-boot/drop", "/opt/hermes-boot/libexec/contenv"];
  const dropping = [`#!${drop}-contenv /bin/sh`, `#!${drop} /bin/sh`, `#!${drop} /bin/sh`];
  assertEquals(interpreters(), dropping);
  assertEquals(interpreters(true), dropping);
  assertEquals(interpreters(false), [`#!${contenv} /bin/sh`, "#!/bin/sh", "#!/bin/sh"]);
});

Deno.test("renderSlot() tells the gateway whether it serves every profile, if that is settled", () => {
  const last = (multiplex?: boolean) =>
    /^export HERMES_S6_.*$/m.exec(renderSlot({ profile: "default", home, multiplex }).run)?.[0]
      .split(" ").at(-1);
  assertEquals(last(true), "GATEWAY_MULTIPLEX_PROFILES=true");
  assertEquals(last(false), "GATEWAY_MULTIPLEX_PROFILES=false");
  assertEquals(last(), "HERMES_SUPERVISED_CHILD=1");
});

Deno.test("renderSlot() starts a program more for each limit that is set, and none where none is", () => {
  const program = (limits: { memoryMax?: number; nice?: number }) =>
    renderSlot({ profile: "default", home, hermes: "/h", ...limits }).run.trimEnd().split("\n").at(
      -1,
    );
  const gateway = "'/h' gateway run --replace";
  assertEquals(program({}), `exec ${gateway}`);
  assertEquals(program({ nice: 0 }), `exec ${gateway}`);
  assertEquals(
    program({ memoryMax: 67108864, nice: 5 }),
    `exec /command/s6-softlimit -d 67108864 nice -n 5 ${gateway}`,
  );
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

Deno.test("renderSlot() throws on an environment key that does not match [A-Za-z_][A-Za-z0-9_]*, and takes any other", () => {
  const render = (key: string) =>
    renderSlot({ profile: "coder", home, extraEnv: Object.fromEntries([[key, "x"]]) }).run;
  for (const key of ["", "1A", "A-B", "A B", "A=B", "A\n", "A;id", "$(id)", "É", "A.B", "A\0"]) {
    assertThrows(() => render(key), TypeError, "environment key");
  }
  fc.assert(fc.property(fc.string({ unit: "binary" }), (key) => {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) assertStringIncludes(render(key), `export ${key}=`);
    else assertThrows(() => render(key), TypeError);
  }));
  for (const key of ["A", "_", "a1", "__proto__", "A_B_2"]) {
    assertStringIncludes(render(key), `export ${key}='x'\n`);
  }
});

Deno.test("renderSlot() throws on a NUL in a value or in the home", () => {
  assertThrows(() => renderSlot({ profile: "coder", home, extraEnv: { A: "x\0y" } }), TypeError);
  assertThrows(() => renderSlot({ profile: "coder", home: "/opt/\0" }), TypeError);
});

const key = fc.oneof(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/), fc.constant("__proto__"));
const hostile = fc.string({ unit: fc.constantFrom("'", "\\", "\n", "$", "`", '"', "=", "x", "é") });
const value = fc.oneof(hostile, fc.string()).filter((text) => !text.includes("\0"));
const env = fc.array(fc.tuple(key, value)).map((entries) => Object.fromEntries(entries));
const anyHome = fc.oneof(fc.constant(home), hostile.map((text) => `/${text}`));

Deno.test("readExtraEnv() is the exact inverse of renderSlot()", () => {
  fc.assert(
    fc.property(anyHome, env, fc.boolean(), fc.boolean(), (home, extraEnv, multiplex, drops) => {
      const slot = { profile: "coder", home, multiplex, drops };
      const { run } = renderSlot({ ...slot, extraEnv });
      const found = readExtraEnv(run);
      assertEquals(Object.entries(found ?? {}), Object.entries(extraEnv));
      assertEquals(renderSlot({ ...slot, extraEnv: found ?? {} }).run, run);
    }),
  );
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
