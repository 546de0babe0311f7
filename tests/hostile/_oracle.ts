import { type ExpectedRules, expectedRules } from "./_rules_oracle.ts";
import {
  type Content,
  type Files,
  type LogNode,
  type Node,
  type Place,
  type Profile,
  shownName,
  type Volume,
} from "./_volume.ts";

/** One profile as the stage should report it. */
export interface ExpectedAction {
  profile: string;
  priorState: string | null;
  action: "started" | "registered" | "skipped";
  priorExit: "clean" | "unclean" | "unknown";
  /** Which kind of reason it has, if any. */
  why: "none" | "served" | "wanted" | "not selected" | "other";
}

/** What the stage should do about a volume. */
export interface Expected {
  code: 0 | 1 | 2;
  actions: ExpectedAction[];
  /** One word group per line of standard error, in no particular order. */
  complaints: string[];
  /** The paths, relative to the home, that vanish. */
  gone: string[];
  /** What becomes of the boot log. */
  bootLog: "appended" | "rotated" | "untouched";
  /** The profiles whose log directory is there then. */
  logged: string[];
}

const SEARCH = 0o100;
const WRITE = 0o200;
const READ = 0o400;

type Memory = Pick<ExpectedAction, "priorState" | "priorExit"> & { usable: boolean };

/** What a canary that is a state file says; a hard link to it is a regular file. */
const CANARY: Content = {
  form: "object",
  desired: "running",
  phase: "exited",
  dressing: "plain",
};

/** Only a regular file that can be read and holds an object. */
function contentOf(node: Node): Extract<Content, { form: "object" }> | undefined {
  const content = node.is === "hard link"
    ? CANARY
    : node.is === "file" && (node.mode & READ) !== 0
    ? node.content
    : undefined;
  return content?.form === "object" ? content : undefined;
}

function priorStateOf(content: Extract<Content, { form: "object" }>): string | null {
  const { desired, actual } = content;
  let state: string | null = null;
  if (typeof desired === "string") state = desired;
  else if (typeof actual === "string") {
    state = ["draining", "degraded"].includes(actual) ? "running" : actual;
  }
  return state === null || /^[a-z_]{1,32}$/.test(state) ? state : "unknown";
}

function priorExitOf(files: Files): ExpectedAction["priorExit"] {
  if (files.stateDir !== "directory") return "unknown";
  const phase = contentOf(files.lifecycle)?.phase;
  return phase === "exited" ? "clean" : phase === "running" ? "unclean" : "unknown";
}

function memoryOf(files: Files, searchable: boolean): Memory {
  const content = searchable ? contentOf(files.state) : undefined;
  return {
    usable: content !== undefined,
    priorState: content === undefined ? null : priorStateOf(content),
    priorExit: searchable ? priorExitOf(files) : "unknown",
  };
}

type Rules = Extract<ExpectedRules, { refused?: undefined }>;

function skip(expected: Expected, profile: string, why: ExpectedAction["why"]): void {
  expected.actions.push({
    ...{ profile, priorState: null, action: "skipped", priorExit: "unknown", why },
  });
}

/** Notes what happens to a profile that gets a slot, if it is selected. */
function registerProfile(
  expected: Expected,
  profile: string,
  files: Files,
  { mode, dir, seen, rules }: { mode: number; dir: string; seen: boolean; rules: Rules },
): void {
  if (!rules.selects(profile)) return skip(expected, profile, "not selected");
  const searchable = (mode & SEARCH) !== 0;
  const { usable, priorState, priorExit } = memoryOf(files, searchable);
  const why = rules.one && dir !== "" && priorState === "running" ? "served" : "none";
  const action = priorState === "running" && why === "none" ? "started" : "registered";
  expected.actions.push({ profile, priorState, action, priorExit, why });
  if (!usable) expected.complaints.push(`${profile} state`);
  for (const [file, node] of [["gateway.pid", files.pid], ["processes.json", files.processes]]) {
    const { is } = node as Node;
    if (is === "absent" || !seen) continue;
    const full = is === "directory" && (node as { full: boolean }).full;
    if (searchable && (mode & WRITE) !== 0 && !full) expected.gone.push(`${dir}${file}`);
    else expected.complaints.push(`${profile} stale ${file}`);
  }
}

/** A directory counts if SOUL.md exists, symlinks followed. */
function holdsSoul({ soul, mode }: Profile): boolean {
  if (soul.is === "absent") return false;
  if (soul.is !== "symlink") return true;
  return (mode & SEARCH) !== 0 && (soul.to === "canary" || soul.to === "directory");
}

function isLegal(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]*$/.test(name) && name.length <= 243;
}

/** How a name is seen: nothing worth a line, a profile, or one that cannot be looked into. */
function lookAt(profile: Profile, searchable: boolean): "nothing" | "profile" | "symlink" | "dark" {
  switch (profile.as) {
    case "directory": {
      if (typeof profile.name !== "string" || !searchable) return "dark";
      if ((profile.mode & READ) === 0) return "dark";
      return holdsSoul(profile) ? "profile" : "nothing";
    }
    case "symlink to a profile":
    case "symlink to a locked directory":
      return searchable ? "symlink" : "nothing";
    default:
      return "nothing";
  }
}

function addNamed(
  expected: Expected,
  profile: Profile,
  searchable: boolean,
  rules: Rules,
): void {
  const name = shownName(profile.name);
  const seen = lookAt(profile, searchable);
  if (seen === "nothing") return;
  const regular = isLegal(name) && name !== "default";
  if (regular && seen === "profile") {
    const dir = `profiles/${name}/`;
    registerProfile(expected, name, profile, { mode: profile.mode, dir, seen: true, rules });
    return;
  }
  if (regular && seen === "dark") expected.code = 1;
  skip(expected, name, "other");
}

function addProfiles(
  expected: Expected,
  { profilesAs, profiles, mode }: Volume,
  rules: Rules,
): void {
  if ((mode & SEARCH) === 0) {
    expected.code = 1;
    expected.complaints.push("error profiles");
  } else if (profilesAs.is !== "directory") {
    if (profilesAs.is !== "absent") expected.complaints.push("profiles");
  } else if ((profilesAs.mode & READ) === 0) {
    expected.code = 1;
    expected.complaints.push("error profiles");
  } else {
    const searchable = (profilesAs.mode & SEARCH) !== 0;
    const byName = (a: Profile, b: Profile) => {
      const [x, y] = [shownName(a.name), shownName(b.name)];
      return x < y ? -1 : x > y ? 1 : 0;
    };
    for (const profile of [...profiles].sort(byName)) {
      addNamed(expected, profile, searchable, rules);
    }
  }
}

function canEnter(place: Place, homeMode: number): number {
  if (place.is === "absent") return (homeMode & WRITE) !== 0 ? 0o700 : 0;
  return place.is === "directory" ? place.mode : 0;
}

function logsModeOf({ mode, logsAs }: Volume): number {
  return (mode & SEARCH) === 0 ? 0 : canEnter(logsAs, mode);
}

function bootLogOf(volume: Volume): Expected["bootLog"] {
  const { logsAs, log, oldLog } = volume;
  const logsMode = logsModeOf(volume);
  if ((logsMode & SEARCH) === 0) return "untouched";
  const writable = (logsMode & WRITE) !== 0;
  const present: LogNode = logsAs.is === "absent" ? { is: "absent" } : log;
  if (present.is === "absent") return writable ? "appended" : "untouched";
  if (present.is !== "file") return "untouched";
  if (present.size < 262144) return (present.mode & WRITE) !== 0 ? "appended" : "untouched";
  return writable && oldLog.is !== "directory" ? "rotated" : "untouched";
}

/**
 * Says what the boot must make of a volume, from the documentation
 * alone: nothing of lib/ is used here.
 */
export function expectedOf(volume: Volume): Expected {
  const { mode } = volume;
  const seen = (mode & SEARCH) !== 0;
  const rules = expectedRules(volume.rules, volume.config, seen);
  if (rules.refused !== undefined) {
    const complaints = [`error ${rules.refused}`];
    return { code: 2, actions: [], complaints, gone: [], bootLog: "untouched", logged: [] };
  }
  const expected: Expected = {
    code: 0,
    actions: [],
    complaints: [...rules.complaints],
    gone: [],
    bootLog: bootLogOf(volume),
    logged: [],
  };
  registerProfile(expected, "default", volume.root, { mode, dir: "", seen, rules });
  addProfiles(expected, volume, rules);
  const [root] = expected.actions;
  if (root?.action !== "skipped" && expected.actions.some(({ why }) => why === "served")) {
    Object.assign(root!, { action: "started", why: "wanted" });
  }
  if ((logsModeOf(volume) & (SEARCH | WRITE)) === (SEARCH | WRITE)) {
    const slots = expected.actions.filter(({ action }) => action !== "skipped");
    expected.logged = slots.map(({ profile }) => profile);
  }
  if (expected.bootLog === "untouched") expected.complaints.push("log");
  expected.complaints.sort();
  return expected;
}
