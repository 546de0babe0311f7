import { assertEquals } from "@std/assert";
import {
  type ContainerRole,
  containerRole,
  parseCommandLine,
} from "../../lib/rules/container_role.ts";
import { encode } from "../_temp.ts";

const RC_INIT = "/run/s6/basedir/scripts/rc.init";
const WRAPPER = "/opt/hermes/docker/main-wrapper.sh";

const LAUNCHERS: Readonly<Record<string, readonly string[]>> = {
  "s6-overlay 3": ["/bin/sh", "-e", RC_INIT, "top"],
  "s6-overlay 3 with a bare sh": ["sh", "-e", RC_INIT, "top"],
  "s6-overlay 3 in its package's directory": [
    ...["sh", "-e", "/package/admin/s6-overlay-3.2.3.2/etc/s6-linux-init/skel/rc.init", "top"],
  ],
  "s6-overlay 3 whose rc.init is run directly": [RC_INIT, "top"],
  "s6-overlay 2": ["/init"],
  "no launcher": [],
};

const FRONTS: Readonly<Record<string, readonly string[]>> = {
  "nothing": [],
  "hermes": ["hermes"],
  "hermes with its path": ["/usr/local/bin/hermes"],
  "main-wrapper.sh": [WRAPPER],
  "main-wrapper.sh and hermes": [WRAPPER, "hermes"],
  "main-wrapper.sh run by sh": ["/bin/sh", WRAPPER],
  "hermes run as hermes": ["/command/s6-setuidgid", "hermes", "hermes"],
};

const COMMANDS: readonly (readonly [ContainerRole, readonly string[]])[] = [
  ["dashboard", ["dashboard"]],
  ["dashboard", ["dashboard", "--host", "0.0.0.0", "--port", "9119"]],
  ["gateway-run", ["gateway", "run"]],
  ["gateway-run", ["gateway", "run", "--replace", "-v"]],
  ["own-gateway", ["gateway", "run", "--no-supervise"]],
  ["own-gateway", ["gateway", "run", "--replace", "--no-supervise"]],
  ["other", ["gateway"]],
  ["other", ["gateway", "status"]],
  ["other", ["-p", "coder", "gateway", "run"]],
  ["other", ["chat", "dashboard"]],
  ["other", ["sh", "-c", "hermes gateway run"]],
  ["other", ["sleep", "infinity"]],
  ["other", ["echo", "gateway", "run"]],
  ["other", ["", "gateway", "run"]],
  ["other", []],
];

for (const [launcher, prefix] of Object.entries(LAUNCHERS)) {
  for (const [front, words] of Object.entries(FRONTS)) {
    Deno.test(`containerRole() sees through ${launcher} with ${front} in front`, () => {
      for (const [role, command] of COMMANDS) {
        assertEquals(containerRole([...prefix, ...words, ...command]), role, command.join(" "));
      }
    });
  }
}

Deno.test("containerRole() takes gateway run for its own where it does not leave its work to s6", () => {
  assertEquals(containerRole(["hermes", "gateway", "run"], false), "own-gateway");
  assertEquals(containerRole(["hermes", "dashboard"], false), "dashboard");
  assertEquals(containerRole(["sleep", "1"], false), "other");
});

Deno.test("containerRole() does not take another program's arguments for a launcher", () => {
  for (
    const argv of [
      ["vi", RC_INIT, "top", "dashboard"],
      ["sh", "-e", RC_INIT, "bottom", "dashboard"],
      ["/opt/initialise", "dashboard"],
      ["my-hermes", "dashboard"],
      ["hermes", "hermes", "dashboard"],
      ["s6-setuidgid", "nobody", "hermes", "dashboard"],
    ]
  ) assertEquals(containerRole(argv), "other", argv.join(" "));
});

for (
  const [what, bytes, words] of [
    ["splits at NULs only", encode("sh\0-c\0a b'\nc\0\0x\0"), ["sh", "-c", "a b'\nc", "", "x"]],
    ["keeps an empty argument at the end", encode("a\0\0"), ["a", ""]],
    ["has none for a process that shows none", new Uint8Array(), []],
    ["survives what is not UTF-8", Uint8Array.of(0x61, 0xff, 0, 0x62, 0), ["a\ufffd", "b"]],
    ["keeps what has no NUL at its end", encode("gateway\0run"), ["gateway", "run"]],
  ] as const
) {
  Deno.test(`parseCommandLine() ${what}`, () => assertEquals(parseCommandLine(bytes), [...words]));
}
