import { assertEquals } from "@std/assert";
import { permissionFlags, type Permissions } from "../../lib/image/permissions.ts";
import { S6_PROGRAMS } from "../../lib/s6/run.ts";
import { type Container, until } from "../container/container.ts";
import type { Call, Outcome, Script } from "./_driver.ts";
import {
  bootContainer,
  HERMES,
  type Home,
  SCANDIR,
  type Scene,
  SUPERVISION,
  untilRested,
} from "./_live.ts";
import type { Observation } from "./_observer.ts";

export type { Call, Outcome } from "./_driver.ts";

const HOME = "/opt/data";

/** The permissions that S6ServiceManager documents. */
function documentedPermissions(scandir: string, bin: string): Permissions {
  const paths = [
    scandir,
    `${HOME}/profiles`,
    `${HOME}/gateway_state.json`,
    `${HOME}/gateway_state.json.new`,
  ];
  const run = ["/usr/bin/mkfifo", ...S6_PROGRAMS.map((program) => `${bin}/${program}`)];
  return { read: paths, write: paths, run };
}

/** Runs a script of this directory in a container, as hermes. */
async function runScript(
  container: Container,
  name: string,
  flags: readonly string[],
  args: readonly string[],
): Promise<string> {
  const source = await Deno.readTextFile(new URL(name, import.meta.url));
  const { code, stdout, stderr } = await container.exec([
    "sh",
    "-c",
    '[ -e "$1" ] || { printf %s "$2" >"$1.$$" && mv "$1.$$" "$1"; }; shift 2; exec "$@"',
    "sh",
    `/tmp/${name}`,
    source.replace('"../../', '"/opt/hermes-boot/'),
    ...["deno", "run", "--no-prompt", "--cached-only", "--quiet", ...flags, `/tmp/${name}`],
    ...args,
  ], { user: "hermes", env: { DENO_DIR: "/tmp/deno_dir", NO_COLOR: "1" } });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
}

/** How {@linkcode drive} calls the manager. */
export interface DriveOptions
  extends Partial<Script["options"] & Pick<Script, "startAt" | "repeatMs">> {
  /** A kind of permission to withhold. */
  without?: "read" | "write" | "run";
}

/**
 * Calls an S6ServiceManager in a process of its own, as hermes, with exactly
 * the permissions it documents.
 */
export async function drive(
  container: Container,
  calls: Call[],
  { startAt = 0, repeatMs = 0, without, ...options }: DriveOptions = {},
): Promise<Outcome[]> {
  const { scandir = SCANDIR, bin = "/command" } = options;
  const script: Script = { options: { home: HOME, ...options, scandir }, calls, startAt, repeatMs };
  const permissions = documentedPermissions(scandir, bin);
  if (without !== undefined) delete permissions[without];
  const flags = permissionFlags(permissions);
  const stdout = await runScript(container, "_driver.ts", flags, [JSON.stringify(script)]);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** {@linkcode drive} for calls that must succeed without a warning; returns their values. */
export async function drives(
  container: Container,
  calls: Call[],
  options?: DriveOptions,
): Promise<unknown[]> {
  const outcomes = await drive(container, calls, options);
  for (const { method, error, warnings } of outcomes) {
    assertEquals({ method, error, warnings }, { method, error: undefined, warnings: [] });
  }
  return outcomes.map(({ value }) => value);
}

/** {@linkcode drive} for one call that must fail; returns the error. */
export async function fails(
  container: Container,
  call: Call,
  options?: DriveOptions,
): Promise<Outcome & Required<Pick<Outcome, "error">>> {
  const [outcome] = await drive(container, [call], options);
  if (outcome?.error === undefined) throw new Error(`${call.join(" ")} did not fail`);
  return { ...outcome, error: outcome.error };
}

/** Lists the scandir over and over from inside, as hermes. */
export async function observe(container: Container, forMs: number): Promise<Observation> {
  const flags = [`--allow-read=${SCANDIR}`];
  return JSON.parse(await runScript(container, "_observer.ts", flags, [SCANDIR, String(forMs)]));
}

/** Boots a container and waits until all that it starts by itself is there and the rest is down. */
export async function bootSettled(home: Home): Promise<Container> {
  const container = await bootContainer(home);
  const resting = ["dashboard", "profile-watch"];
  for (const service of SUPERVISION === "shared" ? [...resting, "gateways"] : resting) {
    await untilRested(container, service);
  }
  await until("the logger of default, which is no shell any more", async () => {
    const commands = await processesOf(container, "default");
    return commands.length === 3 && commands.some((command) => command.startsWith("s6-log "));
  }, 30_000);
  return container;
}

/** The command line of every process in a container, by its PID. */
export async function processes(container: Container): Promise<Map<number, string>> {
  // The listing's own process is the one that has this argument.
  const { stdout } = await container.sh("exec head -v -c 4096 /proc/[0-9]*/cmdline");
  const found = new Map<number, string>();
  for (const [, pid, line = ""] of stdout.matchAll(/==> \/proc\/(\d+)\/cmdline <==\n([^\n]*)/g)) {
    const command = line.replaceAll("\0", " ").trimEnd();
    if (command !== "" && !command.startsWith("head -v")) found.set(Number(pid), command);
  }
  return found;
}

/** The processes of a profile's slot: supervisors, logger and gateway. */
export async function processesOf(container: Container, profile: string): Promise<string[]> {
  const word = new RegExp(`(gateway-|gateways/|-p )${profile}\\b`);
  return [...(await processes(container)).values()].filter((command) => word.test(command)).sort();
}

/** Waits until a profile's gateway minds its signals and its logger is there; returns its processes. */
export function untilReady(container: Container, home: Home, profile: string): Promise<string[]> {
  return until(`the gateway ${profile} and its logger`, async () => {
    const pid = await Deno.readTextFile(`${home.dir(profile)}/gateway.pid`).catch(() => "");
    const running = await processes(container);
    const commands = await processesOf(container, profile);
    const logs = commands.some((command) => command.startsWith("s6-log "));
    return running.has(Number(pid)) && commands.length === 4 && logs && commands;
  }, 30_000);
}

/** Adds a profile to a home after the boot, so that it has no slot. */
export async function addProfile(home: Home, name: string, scene: Scene = {}): Promise<void> {
  await home.put(name, scene);
  const { success } = await new Deno.Command("chown", {
    args: ["-R", `${HERMES.uid}:${HERMES.gid}`, home.dir(name)],
  }).output();
  assertEquals(success, true);
}

/** What runs in a container, and every entry of its scandir with its type, owner and mode. */
export async function inventory(container: Container): Promise<string[]> {
  const { stdout } = await container.sh(
    `find ${SCANDIR} -printf '%p %y %u:%g %m\\n' | LC_ALL=C sort`,
  );
  return [...(await processes(container)).values(), ...stdout.trimEnd().split("\n")].sort();
}

/** Puts a directory of s6's programs into a container in which some are replaced by shell scripts. */
export async function fakePrograms(
  container: Container,
  bodies: Readonly<Record<string, string>>,
): Promise<string> {
  const bin = `/tmp/bin-${crypto.randomUUID()}`;
  const script = 'mkdir "$1" && ln -s /command/* "$1/" && bin=$1 && shift && while [ $# -gt 0 ];' +
    ' do rm -f "$bin/$1"; printf "#!/bin/sh\\n%s\\n" "$2" >"$bin/$1"; chmod 755 "$bin/$1"; shift 2; done';
  const args = Object.entries(bodies).flat();
  const { code, stderr } = await container.exec(["sh", "-c", script, "sh", bin, ...args]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return bin;
}
