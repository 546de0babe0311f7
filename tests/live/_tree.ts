import { assertEquals } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { type Home, SCANDIR, SUPERVISION, untilRested } from "./_live.ts";
import type { Observation } from "./_observer.ts";

/** Lists the scandir over and over from inside, as hermes. */
export async function observe(container: Container, forMs: number): Promise<Observation> {
  const source = await Deno.readTextFile(new URL("_observer.ts", import.meta.url));
  const { code, stdout, stderr } = await container.exec([
    ...["sh", "-c", 'printf %s "$1" >/tmp/observer.ts; shift; exec "$@"', "sh", source],
    ...["deno", "run", "--no-prompt", "--quiet", `--allow-read=${SCANDIR}`, "/tmp/observer.ts"],
    ...[SCANDIR, String(forMs)],
  ], { user: "hermes", env: { DENO_DIR: "/tmp/deno_dir", NO_COLOR: "1" } });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return JSON.parse(stdout);
}

/** Waits until all that a container starts by itself is there and the rest is down; says what is there. */
export async function untilQuiet(container: Container): Promise<string[]> {
  const resting = ["dashboard", "profile-watch", "start-gateways", "status"];
  for (const service of SUPERVISION === "shared" ? [...resting, "gateways"] : resting) {
    await untilRested(container, service);
  }
  await until("the logger of default, which is no shell any more", async () => {
    const commands = await processesOf(container, "default");
    return commands.length === 3 && commands.some((command) => command.startsWith("s6-log "));
  }, 30_000);
  return await inventory(container);
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

/**
 * What runs in a container, and every entry of its scandir with its type, owner and
 * mode; but for the notes of what an operator has unregistered, and of restarts.
 */
export async function inventory(container: Container): Promise<string[]> {
  const { stdout } = await container.sh(
    `find ${SCANDIR} ! -name 'unregistered-*' ! -name 'restarts-*' -printf '%p %y %u:%g %m\\n' | LC_ALL=C sort`,
  );
  return [...(await processes(container)).values(), ...stdout.trimEnd().split("\n")].sort();
}
