import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { reconcileProfileGateways } from "../lib/boot/reconcile.ts";
import { permissionFlags, type Places, RUN_FLAGS } from "../lib/image/permissions.ts";
import type { Stage } from "../lib/image/stages.ts";
import type { SlotDefaults } from "../lib/slot/render.ts";
import { NOWHERE, writeFacts } from "./_facts.ts";
import { encode, kindOf, type Outcome, run, type RunOptions, type TempDir } from "./_temp.ts";

/** The repository. */
export const REPO = join(fromFileUrl(import.meta.url), "../..");

/** Whether the tests run as root. */
export const IS_ROOT = Deno.uid() === 0;

/** The state file of a profile that was running. */
export const RUNNING = '{"desired_state":"running"}';

/** The state file of a profile that was stopped. */
export const STOPPED = '{"desired_state":"stopped"}';

/** A Hermes home in a temp dir. */
export class Home {
  readonly path: string;
  readonly scandir: string;

  constructor(temp: TempDir) {
    this.path = temp.mkdir("home");
    temp.mkdir("home/profiles");
    this.scandir = `${temp.path}/scandir`;
  }

  /** Adds a profile (`default`: the root one) and returns its directory. */
  add(name: string, state?: string | Uint8Array): string {
    const dir = name === "default" ? this.path : `${this.path}/profiles/${name}`;
    Deno.mkdirSync(dir, { recursive: true });
    Deno.writeTextFileSync(`${dir}/SOUL.md`, "");
    if (state !== undefined) {
      const bytes = typeof state === "string" ? encode(state) : state;
      Deno.writeFileSync(`${dir}/gateway_state.json`, bytes);
    }
    return dir;
  }

  /** The path of a profile's slot. */
  slot(name: string): string {
    return `${this.scandir}/gateway-${name}`;
  }
}

/** The slot on disk, all but `down`. */
const SLOT_LAYOUT = [
  [".", "directory", 0o755],
  ["event", "directory", 0o3730],
  ["finish", "file", 0o755],
  ["log", "directory", 0o755],
  ["log/event", "directory", 0o3730],
  ["log/run", "file", 0o755],
  ["log/supervise", "directory", 0o755],
  ["log/supervise/control", "fifo", 0o660],
  ["log/supervise/event", "directory", 0o3730],
  ["run", "file", 0o755],
  ["supervise", "directory", 0o755],
  ["supervise/control", "fifo", 0o660],
  ["supervise/event", "directory", 0o3730],
  ["type", "file", 0o644],
] as const;

function* walk(root: string, path: string): Generator<string> {
  yield path;
  if (!Deno.lstatSync(`${root}/${path}`).isDirectory) return;
  for (const { name } of Deno.readDirSync(`${root}/${path}`)) {
    yield* walk(root, path === "." ? name : `${path}/${name}`);
  }
}

const IN_SKELETON = /event$|supervise/;

/**
 * Asserts that a directory is a whole slot and nothing else, with exact modes and one owner;
 * where s6-supervise is hermes, `drops` is `false`, it has no skeleton.
 */
export function assertWholeSlot(
  dir: string,
  { down, uid = Deno.uid(), drops = true }: {
    down: boolean;
    uid?: number | null;
    drops?: boolean | undefined;
  },
): void {
  const expected = SLOT_LAYOUT.filter(([path]) => drops || !IN_SKELETON.test(path))
    .map(([path, kind, mode]) => `${path} ${kind} ${mode.toString(8)} ${uid}`);
  if (down) expected.push(`down file 644 ${uid}`);
  const actual = [...walk(dir, ".")].map((path) => {
    const info = Deno.lstatSync(`${dir}/${path}`);
    return `${path} ${kindOf(info)} ${((info.mode ?? 0) & 0o7777).toString(8)} ${info.uid}`;
  });
  assertEquals(actual.sort(), expected.sort());
  assertEquals(Deno.readTextFileSync(`${dir}/type`), "longrun\n");
  if (down) assertEquals(Deno.readTextFileSync(`${dir}/down`), "");
}

/** The names in a scandir that s6-svscan would supervise. */
export function visible(scandir: string): string[] {
  return [...Deno.readDirSync(scandir)].map(({ name }) => name)
    .filter((name) => !name.startsWith(".")).sort();
}

/** Reconciles, and returns what was done with the warnings. */
export async function reconcile(
  home: Home,
  options: { dryRun?: boolean; defaults?: SlotDefaults } = {},
) {
  const warnings: string[] = [];
  const done = await reconcileProfileGateways({
    home: home.path,
    scandir: home.scandir,
    warn: (message) => warnings.push(message),
    ...options,
  });
  return { ...done, warnings };
}

/** Makes a FIFO. */
export function mkfifo(path: string, mode = "0600"): void {
  const { success } = new Deno.Command("/usr/bin/mkfifo", { args: ["-m", mode, path] })
    .outputSync();
  if (!success) throw new Error(`no FIFO at ${path}`);
}

/**
 * Puts programs into a directory for PATH. Another process writes them: one
 * that this process had open while another test forks could not be executed.
 */
export function fakeBin(dir: string, scripts: Readonly<Record<string, string>>): string {
  for (const [name, body] of Object.entries(scripts)) {
    const script = 'mkdir -p "$1" && printf "#!/bin/sh\\n%s\\n" "$3" >"$1/$2" && chmod 755 "$1/$2"';
    const { success } = new Deno.Command("/bin/sh", { args: ["-c", script, "sh", dir, name, body] })
      .outputSync();
    if (!success) throw new Error(`no program ${dir}/${name}`);
  }
  return dir;
}

/** A fake program that notes its arguments in a file, each ended by a NUL. */
export function recorder(file: string, then = ""): string {
  return `printf '%s\\0' "$@" >'${file}'\n${then}`;
}

/** What {@linkcode recorder} noted. */
export function recorded(file: string): string[] {
  return Deno.readTextFileSync(file).split("\0").slice(0, -1);
}

/** The environment Deno itself needs. */
export function denoEnv(): Record<string, string> {
  const env: Record<string, string> = { NO_COLOR: "1", PATH: "/usr/bin:/bin" };
  for (const name of ["HOME", "DENO_DIR", "XDG_CACHE_HOME", "DENO_COVERAGE_DIR"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** Runs TypeScript in a Deno of its own, with these permission flags. */
export function runScript(
  code: string,
  { flags = ["-A"], env = {}, ...options }: RunOptions & { flags?: string[] } = {},
): Promise<Outcome> {
  const source = code.replace(/from "(?:\.\.\/)+/g, `from "file://${encodeURI(REPO)}/`);
  return run(Deno.execPath(), {
    ...options,
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      `--config=${REPO}/deno.json`,
      "--ext=ts",
      ...flags,
      "-",
    ],
    env: { ...denoEnv(), ...env },
    stdin: source,
  });
}

/** Runs an entry script with exactly these permission flags. */
export function runEntry(
  entry: string,
  flags: readonly string[],
  { args = [], env = {}, ...options }: RunOptions = {},
): Promise<Outcome> {
  return run(Deno.execPath(), {
    ...options,
    args: ["run", ...RUN_FLAGS, ...flags, `${REPO}/${entry}`, ...args],
    env: { ...denoEnv(), ...env },
  });
}

/**
 * Runs a stage with exactly the permissions it declares. What `env` says of the
 * container is in the facts of a stage that goes by them.
 */
export async function runStage(
  stage: Stage,
  places: Partial<Places>,
  { args = [], env = {}, ...options }: RunOptions = {},
): Promise<Outcome> {
  const { home = NOWHERE.home, scandir = NOWHERE.scandir } = places;
  const facts = stage.user === "hermes" ? writeFacts({ home, scandir, ...env }) : undefined;
  try {
    const flags = permissionFlags(
      stage.permissions({ ...NOWHERE, ...places, ...facts && { facts } }),
    );
    const given = facts === undefined ? args : [`--facts=${facts}`, ...args];
    return await runEntry(stage.entry, flags, { ...options, args: given });
  } finally {
    if (facts !== undefined) Deno.removeSync(facts);
  }
}

/** For {@linkcode runScript}: counts in `execs` the processes that Deno starts. */
export const COUNT_EXECS = `
let execs = 0;
const Command = Deno.Command;
Deno.Command = class extends Command {
  constructor(program, options) {
    super(program, options);
    execs++;
  }
};
`;
