/** What a field holds: a type, types with bars between them, or an object or a list of objects. */
export type FieldType =
  | "string"
  | "number"
  | "boolean"
  | "time"
  | "string | null"
  | "number | null"
  | "boolean | null"
  | "time | null"
  | "string[]"
  | readonly [Fields]
  | { readonly object: Fields };

/** A field of an object. */
export interface Field {
  /** What it holds. */
  type: FieldType;
  /** What it says. */
  text: string;
  /** When it is not there; absent: it always is. */
  absent?: string;
}

/** The fields of an object, by their names. */
export type Fields = Readonly<Record<string, Field>>;

/** Whom it is about. */
export const PROFILE: Field = {
  type: "string",
  text: "the profile's name; not always a legal one",
};

/** A gateway, as `list` shows it. */
export const GATEWAY: Fields = {
  profile: PROFILE,
  state: {
    type: "string",
    text: "`running`, `starting`, `stopped`, `failed`, `not here` or `unusable`",
  },
  cause: { type: "string", text: "why, in a word; see below" },
  text: { type: "string", text: "the same in a sentence" },
  registered: { type: "boolean", text: "whether it has a service directory" },
  supervised: {
    type: "boolean | null",
    text: "whether an s6-supervise runs for it; null: not known",
  },
  up: { type: "boolean | null", text: "whether it runs; null: s6 cannot say" },
  wantedUp: { type: "boolean | null", text: "whether s6 keeps it running; null: s6 cannot say" },
  pid: { type: "number | null", text: "its PID; null: it does not run" },
  exitCode: {
    type: "number | null",
    text: "its last exit code; null: it runs, was killed, or has not run",
  },
  signal: {
    type: "string | null",
    text: "the signal that ended it (`SIGKILL`); null likewise",
  },
  seconds: {
    type: "number | null",
    text: "for how long it has been up or down; null: not supervised",
  },
  deaths: {
    type: "number | null",
    text:
      "how often it has ended since it was last started by hand or the container was, up to 100; null: not supervised",
  },
  cpuSeconds: {
    type: "number | null",
    text: "the CPU time of it and its children; null: it does not run",
  },
  cpuPercent: {
    type: "number | null",
    text: "the share of one core that was, since it was started; null likewise",
  },
  rssBytes: { type: "number | null", text: "their resident memory; null likewise" },
  lastLog: { type: "time | null", text: "when its log was last written to; null: there is none" },
  pod: { type: "string", text: "its pod", absent: "no cluster runs it, or it has none" },
  node: { type: "string", text: "the node of its pod", absent: "as `pod`" },
};

/** What became of one gateway. */
export const RESULT: Fields = {
  profile: PROFILE,
  ok: { type: "boolean", text: "whether it is done" },
  error: { type: "string", text: "what failed, and what to do next", absent: "`ok` is true" },
  up: {
    type: "boolean",
    text: "whether it runs now",
    absent: "`ok` is false, or nothing was waited for",
  },
  pid: { type: "number | null", text: "its PID; null: it does not run", absent: "as `up`" },
  gateway: {
    type: "string",
    text: "the profile whose gateway it is about",
    absent: "it is its own",
  },
  pending: {
    type: "boolean",
    text: "true: it is told and still stopping, and s6 does the rest",
    absent: "`ok` is true, or it failed",
  },
  killAt: {
    type: "time | null",
    text: "when s6 kills it if it has not ended by itself; null: it does not",
    absent: "it is not stopping, or was before this command",
  },
};

/** What is recorded of a profile. */
export const RECORDED: Fields = {
  state: { type: "string | null", text: "the state; null: nothing usable" },
  setBy: { type: "string | null", text: "`operator`, `gateway` or null" },
  setAt: { type: "time | null", text: "when; null: not known" },
  problem: { type: "string", text: "why there is nothing usable", absent: "there is" },
};

/** A gateway, as `why` explains it. */
export const EXPLAINED: Fields = {
  profile: PROFILE,
  state: { type: "string", text: "as `state` of `list`" },
  cause: { type: "string", text: "why it is as it is, in a word; see below" },
  text: { type: "string", text: "the same in a sentence" },
  try: { type: "string", text: "the command that helps", absent: "no command does, or need" },
  outside: {
    type: "string",
    text: "what only somebody outside the container can change, and what it is now",
    absent: "a command helps, or nothing needs help",
  },
  recorded: { type: { object: RECORDED }, text: "what `gateway_state.json` says" },
  bootLine: {
    type: {
      object: {
        text: { type: "string", text: "the line" },
        latest: { type: "boolean", text: "whether it is of the latest container start" },
      },
    },
    text: "the last line of `container-boot.log` about it",
    absent: "there is none",
  },
  logLines: { type: "string[]", text: "the last lines of its log, as s6-log wrote them" },
};

/** What is wrong with all gateways. */
export const PROBLEM: Fields = {
  text: { type: "string", text: "what is wrong" },
  try: { type: "string", text: "the command that helps, or tells more" },
};

/** What a sync did about a profile. */
export const SYNCED: Fields = {
  profile: PROFILE,
  action: { type: "string", text: "`created`, `refreshed`, `unchanged`, `pruned` or `skipped`" },
  starts: { type: "boolean", text: "whether s6 starts it", absent: "it was not created" },
  reason: {
    type: "string",
    text: "why it was pruned or skipped, or what failed",
    absent: "neither",
  },
  failed: { type: "boolean", text: "true", absent: "nothing failed" },
};

/** A gateway, as it is measured. */
export const MEASURED: Fields = {
  profile: { type: "string", text: "the profile's name, as in the boot log" },
  cause: { type: "string", text: "as `cause` of `list`" },
  state: { type: "string", text: "as `state` of `list`" },
  up: { type: "boolean", text: "whether it runs", absent: "it has no gateway" },
  wanted: { type: "boolean", text: "whether s6 keeps it running", absent: "not supervised" },
  deaths: { type: "number", text: "as `deaths` of `list`", absent: "not supervised" },
  sinceChangeSeconds: { type: "number", text: "as `seconds` of `list`", absent: "not supervised" },
  bootAction: {
    type: "string",
    text: "what the last container start did about it: `started`, `registered` or `skipped`",
    absent: "it did not come across it",
  },
  bootSeconds: {
    type: "number",
    text: "how long it took for all profiles",
    absent: "as `bootAction`",
  },
  restarts: {
    type: "number",
    text: "how often it has ended and was to start again, since the container started",
    absent: "it has no gateway",
  },
  startTimeSeconds: {
    type: "number",
    text: "when it was started, in seconds since the epoch",
    absent: "it does not run",
  },
  cpuSeconds: { type: "number", text: "as `cpuSeconds` of `list`", absent: "it does not run" },
  rssBytes: { type: "number", text: "as `rssBytes` of `list`", absent: "it does not run" },
  logBytes: {
    type: "number",
    text: "how much of its log is kept, in bytes",
    absent: "it has no gateway or no log",
  },
};

/** One check of `doctor`. */
export const CHECK: Fields = {
  name: { type: "string", text: "what was checked" },
  ok: { type: "boolean", text: "whether it is as it should be" },
  detail: { type: "string", text: "what was found" },
  try: { type: "string", text: "the command that helps", absent: "it is, or only `outside` helps" },
  outside: {
    type: "string",
    text: "what only somebody outside the container can do",
    absent: "it is, or `try` helps",
  },
};

/** One thing that `health` misses. */
export const AILMENT: Fields = {
  profile: { ...PROFILE, absent: "it is about all" },
  cause: { type: "string", text: "as `cause` of `list`", absent: "as `profile`" },
  text: { type: "string", text: "what is wrong" },
};
