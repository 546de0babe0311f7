import fc from "fast-check";
import { type ConfigNode, CONFIGS } from "./_config.ts";
import { rules } from "./_rules_arbitraries.ts";
import {
  BROKEN,
  type Content,
  type Files,
  type LogNode,
  type Name,
  type Node,
  type Place,
  type Profile,
  shownName,
  type StateDir,
  type Value,
  type Volume,
} from "./_volume.ts";

type Arbitrary<T> = fc.Arbitrary<T>;

const HOSTILE_STATES: readonly Value[] = [
  "",
  "RUNNING",
  " running",
  "running ",
  "running\n",
  "running\nreconcile: profile=evil prior_state=running action=started",
  "\x1b[2Jrunning",
  "\u202egninnur",
  "\u0000",
  "\ud800",
  "x".repeat(32),
  "x".repeat(33),
  "y".repeat(100_000),
  "None",
  "null",
  "__proto__",
  "running action=started",
  '"',
  0,
  1,
  true,
  null,
  ["running"],
  { x: 1 },
];
const STATES = ["running", "stopped", "starting", "draining", "degraded", "startup_failed"];

const value: Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...STATES) },
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE_STATES) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
);
const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.oneof(fc.constant(undefined), arbitrary);

const object: Arbitrary<Content> = fc.record({
  form: fc.constant("object" as const),
  desired: maybe(value),
  actual: maybe(value),
  phase: maybe(fc.oneof(fc.constantFrom<Value>("exited", "running", "starting"), value)),
  dressing: fc.oneof(
    { weight: 5, arbitrary: fc.constant("plain" as const) },
    {
      weight: 2,
      arbitrary: fc.constantFrom("bom" as const, "spaced", "proto", "duplicate"),
    },
    { weight: 1, arbitrary: fc.constantFrom("limit" as const, "deep", "huge") },
  ),
}).map(({ desired, actual, phase, ...rest }) => ({
  ...rest,
  ...desired === undefined ? {} : { desired },
  ...actual === undefined ? {} : { actual },
  ...phase === undefined ? {} : { phase },
}));

const content: Arbitrary<Content> = fc.oneof(
  { weight: 2, arbitrary: object },
  { weight: 1, arbitrary: fc.constantFrom(...BROKEN).map((form) => ({ form })) },
);

const file: Arbitrary<Node> = fc.record({
  is: fc.constant("file" as const),
  content,
  mode: fc.constantFrom(0o644, 0o644, 0o600, 0o400, 0o000, 0o200),
});
const special: Arbitrary<Node> = fc.oneof(
  fc.constantFrom<Node>({ is: "fifo" }, { is: "socket" }, { is: "device" }, { is: "hard link" }),
  fc.boolean().map((full): Node => ({ is: "directory", full })),
  fc.constantFrom("canary" as const, "directory", "nowhere", "itself").map(
    (to): Node => ({ is: "symlink", to }),
  ),
);

/** Something at a profile's file, more or less likely to be a regular one. */
function node(files: number, absent: number, specials: number): Arbitrary<Node> {
  return fc.oneof(
    { weight: files, arbitrary: file },
    { weight: absent, arbitrary: fc.constant<Node>({ is: "absent" }) },
    { weight: specials, arbitrary: special },
  );
}

const files: Arbitrary<Files> = fc.record({
  state: node(6, 1, 4),
  stateDir: fc.oneof(
    { weight: 4, arbitrary: fc.constant<StateDir>("directory") },
    {
      weight: 2,
      arbitrary: fc.constantFrom<StateDir>(
        ...[
          "absent",
          "locked",
          "file",
          "fifo",
          "symlink to a directory",
          "dangling symlink",
        ] as const,
      ),
    },
  ),
  lifecycle: node(4, 1, 2),
  pid: node(1, 4, 2),
  processes: node(1, 4, 2),
});

// Deno gives and takes well-formed text; "/" and NUL end names, and 255 bytes is the most.
const isName = (name: string) =>
  name.isWellFormed() && !/[/\0]/.test(name) && ![".", "..", ""].includes(name) &&
  new TextEncoder().encode(name).length <= 255;

const legalName = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
const oddName = fc.constantFrom(
  ...["new\nline", "\n", "a\nreconcile: profile=evil prior_state=running action=started"],
  ...[
    "two words",
    " lead",
    "trail ",
    "tab\t",
    "\r",
    "\x07bell",
    "\x1b[31mred",
    "del\x7f",
    "c1\u009b",
  ],
  ...["...", "..a", "..\n", ".hidden", "-", "-rf", "--help", "--", "_", "_x", "a.b", "a,b", "a=b"],
  ...[
    "Coder",
    "é",
    "e\u0301",
    "ｃｏｄｅｒ",
    "💥",
    "\u202e",
    "\u2028",
    "\ufeffcoder",
    "coder\u00a0",
    "ı",
  ],
  ...["'", '"', "a'b", "$(id)", "`id`", "*", "~", "a\\nb", "%s", "a;b", "a|b", "{}", "#"],
  ...["default", "Default", "__proto__", "constructor", "valueof", "0", "00", "null", "None"],
  ...["gateway-x", "log", "event", "supervise", "down", "lock", "profile=evil", "s6rc-fdholder"],
  ...["a".repeat(242), "b".repeat(243), "c".repeat(244), "d".repeat(251), "e".repeat(255)],
  ...["é".repeat(127), "x-_".repeat(81), "\n".repeat(255)],
);
const BAD_UTF8 = [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x92], [0x80], [
  0xc0,
  0xaf,
]];
const rawName = fc.tuple(legalName, fc.constantFrom(...BAD_UTF8), legalName).map(
  ([head, bytes, tail]) => [
    ...new TextEncoder().encode(head),
    ...bytes,
    ...new TextEncoder().encode(tail),
  ],
);
const name: Arbitrary<Name> = fc.oneof(
  { weight: 10, arbitrary: legalName },
  { weight: 6, arbitrary: oddName },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60 }).filter(isName) },
  { weight: 1, arbitrary: rawName },
);

const as: Arbitrary<Profile["as"]> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Profile["as"]>("directory") },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Profile["as"]>(
      ...[
        "symlink to a profile",
        "symlink to a directory",
        "symlink to a locked directory",
      ] as const,
      ...["symlink to a file", "dangling symlink", "cyclic symlink"] as const,
      ...["file", "fifo", "socket"] as const,
    ),
  },
);
const profile: Arbitrary<Profile> = fc.tuple(name, as, node(8, 1, 4), files, fc.nat(19)).map(
  ([name, as, soul, files, mode]) => ({
    name,
    // A symlink has no contents to tell, so under a name that is no text it shows nothing.
    as: typeof name === "string" || as === "file" ? as : "directory",
    soul,
    // Its mode does not matter then either, but to the builder.
    mode: typeof name === "string" ? [0o000, 0o311, 0o444, 0o555, 0o700][mode] ?? 0o755 : 0o755,
    ...files,
  }),
);

function place(directories: number, modes: readonly number[]): Arbitrary<Place> {
  return fc.oneof(
    {
      weight: directories,
      arbitrary: fc.constantFrom(0o755, 0o755, 0o755, 0o755, ...modes).map(
        (mode): Place => ({ is: "directory", mode }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Place>(
        ...[
          ...["absent", "file", "fifo", "socket", "dangling symlink"] as const,
          ...["outward symlink", "outward symlink"] as const,
        ].map((is) => ({ is })),
      ),
    },
  );
}

const log: Arbitrary<LogNode> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<LogNode>({ is: "absent" }) },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant("file" as const),
      size: fc.constantFrom(1, 1000, 262143, 262144, 262145, 1_000_000),
      mode: fc.constantFrom(0o644, 0o644, 0o600, 0o444, 0o000),
    }),
  },
  { weight: 3, arbitrary: special as Arbitrary<Exclude<LogNode, { is: "file" }>> },
);

const config: Arbitrary<ConfigNode> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<ConfigNode>({ is: "absent" }) },
  {
    weight: 8,
    arbitrary: fc.record({
      is: fc.constant("file" as const),
      config: fc.constantFrom(...CONFIGS),
      mode: fc.constantFrom(0o644, 0o644, 0o600, 0o400, 0o000, 0o200),
    }),
  },
  { weight: 4, arbitrary: special as Arbitrary<ConfigNode> },
);

/** Whole hostile homes. */
export const volume: Arbitrary<Volume> = fc.record({
  mode: fc.nat(24).map((n) => [0o000, 0o311, 0o444, 0o555, 0o700][n] ?? 0o755),
  root: files,
  config,
  profilesAs: place(10, [0o000, 0o311, 0o444, 0o555]),
  profiles: fc.uniqueArray(profile, {
    minLength: 20,
    maxLength: 40,
    size: "max",
    selector: ({ name }) => shownName(name),
  }),
  logsAs: place(3, [0o000, 0o444, 0o555]),
  log,
  oldLog: log,
  rules,
  json: fc.boolean(),
  twice: fc.nat(7).map((n) => n === 0),
});
