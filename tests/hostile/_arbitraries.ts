import fc from "fast-check";
import { CONFIGS } from "./_config.ts";
import { rules } from "./_rules_arbitraries.ts";
import {
  BROKEN,
  type ConfigNode,
  type Content,
  type Files,
  type LogNode,
  type Name,
  type Node,
  type Place,
  type Profile,
  shownName,
  type Special,
  type StateDir,
  type Value,
  type Volume,
} from "./_volume.ts";

type Arbitrary<T> = fc.Arbitrary<T>;

/** One of several kinds, each as likely as its weight says. */
const mix = <T>(...kinds: [weight: number, arbitrary: Arbitrary<T>][]): Arbitrary<T> =>
  fc.oneof(...kinds.map(([weight, arbitrary]) => ({ weight, arbitrary })));
const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.oneof(fc.constant(undefined), arbitrary);
/** Words without spaces in them. */
const words = (text: string): string[] => text.split(" ");

const HOSTILE_STATES: readonly Value[] = [
  ...words('RUNNING None null __proto__ " \u202egninnur \u0000 \ud800 \x1b[2Jrunning running\n'),
  "",
  " running",
  "running ",
  "running action=started",
  "running\nreconcile: profile=evil prior_state=running action=started",
  "x".repeat(32),
  "x".repeat(33),
  "y".repeat(100_000),
  0,
  1,
  true,
  null,
  ["running"],
  { x: 1 },
];
const STATES = words("running stopped starting draining degraded startup_failed");

const value = mix<Value>(
  [4, fc.constantFrom(...STATES)],
  [2, fc.constantFrom(...HOSTILE_STATES)],
  [1, fc.string({ unit: "binary", maxLength: 40 })],
);

const object: Arbitrary<Content> = fc.record({
  form: fc.constant("object" as const),
  desired: maybe(value),
  actual: maybe(value),
  phase: maybe(mix<Value>([1, fc.constantFrom("exited", "running", "starting")], [1, value])),
  dressing: mix(
    [5, fc.constant("plain" as const)],
    [2, fc.constantFrom("bom" as const, "spaced", "proto", "duplicate")],
    [1, fc.constantFrom("limit" as const, "deep", "huge")],
  ),
});

const content = mix<Content>(
  [2, object],
  [1, fc.constantFrom(...BROKEN).map((form) => ({ form }))],
);

const fileMode = fc.constantFrom(0o644, 0o644, 0o600, 0o400, 0o000, 0o200);
const file: Arbitrary<Node> = fc.record({
  is: fc.constant("file" as const),
  content,
  mode: fileMode,
});
const absent = fc.constant({ is: "absent" as const });
const special: Arbitrary<Special> = fc.oneof(
  fc.constantFrom("fifo" as const, "socket", "device", "hard link").map((is) => ({ is })),
  fc.boolean().map((full) => ({ is: "directory" as const, full })),
  fc.constantFrom("canary" as const, "directory", "nowhere", "itself").map((to) => ({
    is: "symlink" as const,
    to,
  })),
);

/** Something at a profile's file, more or less likely to be a regular one. */
const node = (files: number, absents: number, specials: number): Arbitrary<Node> =>
  mix<Node>([files, file], [absents, absent], [specials, special]);

const files: Arbitrary<Files> = fc.record({
  state: node(6, 1, 4),
  stateDir: mix<StateDir>(
    [4, fc.constant("directory")],
    [1, fc.constantFrom("absent", "locked", "file")],
    [1, fc.constantFrom("fifo", "symlink to a directory", "dangling symlink")],
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
  ...words("new\nline \n tab\t \r \x07bell \x1b[31mred del\x7f c1\u009b ... ..a ..\n .hidden"),
  ...words("- -rf --help -- _ _x a.b a,b a=b ' \" a'b $(id) `id` * ~ a\\nb %s a;b a|b {} #"),
  ...words("Coder é e\u0301 ｃｏｄｅｒ 💥 \u202e \u2028 \ufeffcoder coder\u00a0 ı"),
  ...words("default Default __proto__ constructor valueof 0 00 null None profile=evil"),
  ...words("gateway-x log event supervise down lock s6rc-fdholder"),
  "two words",
  " lead",
  "trail ",
  "a\nreconcile: profile=evil prior_state=running action=started",
  ...[242, 243, 244, 251, 255].map((length) => "a".repeat(length)),
  "é".repeat(127),
  "x-_".repeat(81),
  "\n".repeat(255),
);
const rawName = fc.tuple(
  legalName,
  fc.constantFrom([0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x92], [0xc0, 0xaf]),
  legalName,
).map(([head, bytes, tail]) => {
  const encoder = new TextEncoder();
  return [...encoder.encode(head), ...bytes, ...encoder.encode(tail)];
});
const name = mix<Name>(
  [10, legalName],
  [6, oddName],
  [2, fc.string({ unit: "binary", maxLength: 60 }).filter(isName)],
  [1, rawName],
);

const as = mix<Profile["as"]>(
  [36, fc.constant("directory")],
  [2, fc.constantFrom("symlink to a profile", "symlink to a directory")],
  [2, fc.constantFrom("symlink to a locked directory", "symlink to a file")],
  [2, fc.constantFrom("dangling symlink", "cyclic symlink", "file", "fifo", "socket")],
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

/** A directory of one of some modes, seldom, or something in its place. */
const place = (directories: number, modes: readonly number[]): Arbitrary<Place> =>
  mix<Place>(
    [
      directories,
      fc.constantFrom(0o755, 0o755, 0o755, 0o755, ...modes).map((mode) => ({
        is: "directory" as const,
        mode,
      })),
    ],
    [1, fc.constantFrom("absent" as const, "file", "fifo", "socket").map((is) => ({ is }))],
    [1, fc.constantFrom("outward symlink" as const, "dangling symlink").map((is) => ({ is }))],
  );

const log = mix<LogNode>(
  [3, absent],
  [
    3,
    fc.record({
      is: fc.constant("file" as const),
      size: fc.constantFrom(1, 1000, 262143, 262144, 262145, 1_000_000),
      mode: fc.constantFrom(0o644, 0o644, 0o600, 0o444, 0o000),
    }),
  ],
  [3, special],
);

const config = mix<ConfigNode>(
  [3, absent],
  [
    8,
    fc.record({
      is: fc.constant("file" as const),
      config: fc.constantFrom(...CONFIGS),
      mode: fileMode,
    }),
  ],
  [4, special],
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
