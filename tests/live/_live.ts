import { assertEquals, assertMatch } from "@std/assert";
import { ISOLATED_SCANDIR, SHARED_SCANDIR } from "../../lib/s6/places.ts";
import {
  Container,
  type ContainerOptions,
  type ExecOptions,
  until,
} from "../container/container.ts";
import { HERMES, Home, RUNNING, type Scene, STOPPED } from "./_home.ts";

export { HERMES, Home, RUNNING, type Scene, STOPPED };

/** How the gateways of a live container are supervised. */
export type Supervision = "shared" | "isolated";

/** Both. */
export const SUPERVISIONS: readonly Supervision[] = ["shared", "isolated"];

/** The mode that this run of the tests is about: shared, unless `HERMES_TEST_SUPERVISION=isolated`. */
export const SUPERVISION: Supervision = Deno.env.get("HERMES_TEST_SUPERVISION") === "isolated"
  ? "isolated"
  : "shared";

/** The scandir of each mode. */
export const SCANDIRS: Readonly<Record<Supervision, string>> = {
  shared: SHARED_SCANDIR,
  isolated: ISOLATED_SCANDIR,
};

/** The scandir of {@linkcode SUPERVISION}: where the slots are. */
export const SCANDIR = SCANDIRS[SUPERVISION];

async function whyNot(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "needs root for real user IDs";
  try {
    await Container.check(console.error);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const reason = await whyNot();

/** How a {@linkcode Boot} boots. */
export interface BootOptions extends Omit<ContainerOptions, "data"> {
  /** Whose the home is. Default: {@linkcode HERMES}'s. */
  owner?: { uid: number; gid: number };
  /** Whether the hooks run. Default: `true`. */
  hooks?: false;
}

/** {@linkcode Home.make} and {@linkcode bootContainer}; both end with the test. */
export type Boot = (
  profiles: Readonly<Record<string, Scene>>,
  options?: BootOptions,
) => Promise<{ container: Container; home: Home }>;

/**
 * Registers a test that needs a live container. Where there can be none the
 * test is skipped by name with the reason; under `CI=true` that is a failure.
 */
export function liveTest(
  name: string,
  fn: (boot: Boot, test: Deno.TestContext) => Promise<void>,
): void {
  if (SUPERVISION === "isolated") name = `${name} (isolated)`;
  if (reason === undefined) {
    return Deno.test(`live: ${name}`, async (test) => {
      await using stack = new AsyncDisposableStack();
      await fn(async (profiles, { owner, hooks, ...options } = {}) => {
        const home = stack.use(await Home.make(profiles, owner));
        const start = hooks === false ? startContainer : bootContainer;
        return { home, container: stack.use(await start(home, options)) };
      }, test);
    });
  }
  if (Deno.env.get("CI") === "true") {
    return Deno.test(`live: ${name}`, () => {
      throw new Error(`no live container: ${reason}`);
    });
  }
  Deno.test({ name: `live: ${name} (skipped: ${reason})`, ignore: true, fn: () => {} });
}

/** The capabilities without which root can neither read hermes's files nor kill its processes. */
export const THREE = ["setuid", "setgid", "chown"];

/** Runs commands as hermes, all of which must succeed, or fail as told. */
export async function tryAsHermes(
  container: Container,
  commands: readonly (readonly string[])[],
  fails?: RegExp,
): Promise<void> {
  for (const command of commands) {
    const { code, stderr } = await container.exec(command, { user: "hermes" });
    assertEquals(code !== 0, fails !== undefined, `${command.join(" ")}: exit ${code}: ${stderr}`);
    if (fails) assertMatch(stderr, fails);
  }
}

/** What s6-svstat says of a service. */
export interface Status {
  /** Whether it is up. */
  up: boolean;
  /** Whether it is wanted up. */
  wantedUp: boolean;
  /** Its PID; -1 when it is down. */
  pid: number;
  /** Its last exit code, -1 if it was killed. */
  exitCode: number;
  /** How long it has been up or down, in seconds. */
  seconds: number;
}

/** Finds a service's directory: a slot of a gateway is in {@linkcode SCANDIR}, all else in root's. */
function serviceDir(service: string): string {
  if (service.startsWith("/")) return service;
  return `${service.startsWith("gateway-") ? SCANDIR : SHARED_SCANDIR}/${service}`;
}

/**
 * Asks s6-svstat about a service, by its name or its whole path. What hermes's s6-supervise
 * makes, root without CAP_DAC_OVERRIDE cannot look into: there hermes asks.
 */
export async function status(
  container: Container,
  service: string,
  options: ExecOptions = {},
): Promise<Status> {
  const dir = serviceDir(service);
  const asker: ExecOptions = dir.startsWith(`${SHARED_SCANDIR}/`) ? {} : { user: "hermes" };
  const { code, stdout, stderr } = await container.exec(
    ["s6-svstat", "-o", "up,wantedup,pid,exitcode,updownfor", dir],
    { ...asker, ...options },
  );
  if (code !== 0) throw new Error(stderr);
  const [up, wantedUp, pid, exitCode, seconds] = stdout.trim().split(" ");
  return {
    up: up === "true",
    wantedUp: wantedUp === "true",
    pid: Number(pid),
    exitCode: Number(exitCode),
    seconds: Number(seconds),
  };
}

/**
 * Waits until s6-supervise has picked a service up and it is up, or down; long
 * enough for a machine that is busy.
 */
export function untilStatus(
  container: Container,
  service: string,
  what: string,
  condition: (status: Status) => boolean,
  timeoutMs = 30_000,
): Promise<Status> {
  return until(`${service} is ${what}`, async () => {
    const now = await status(container, service).catch(() => undefined);
    return now !== undefined && condition(now) ? now : undefined;
  }, timeoutMs);
}

/** Waits until a profile's gateway is up, with another PID than before; returns the PID. */
export async function untilUp(container: Container, profile: string, before = -1): Promise<number> {
  const isUp = ({ up, pid }: Status) => up && pid !== before;
  return (await untilStatus(container, `gateway-${profile}`, "up", isUp)).pid;
}

/** Waits until profiles' gateways are up. */
export async function untilAllUp(container: Container, ...profiles: string[]): Promise<void> {
  for (const profile of profiles) await untilUp(container, profile);
}

/** Waits until a service is down and not wanted up, after ten deaths too. */
export function untilParked(container: Container, service: string): Promise<Status> {
  const isParked = ({ up, wantedUp }: Status) => !up && !wantedUp;
  return untilStatus(container, service, "parked", isParked, 60_000);
}

/** Watches services for 2 s; s6 starts what has died again within one. */
export async function staysDown(container: Container, ...services: string[]): Promise<void> {
  for (const service of services) await untilStatus(container, service, "supervised", () => true);
  const end = performance.now() + 2000;
  while (performance.now() < end) {
    for (const service of services) {
      const { up, wantedUp } = await status(container, service);
      assertEquals({ up, wantedUp }, { up: false, wantedUp: false }, service);
    }
  }
}

/**
 * Waits until a service has run, and now rests. Down and not wanted up is also
 * what a static service is before s6-rc has brought it up.
 */
export function untilRested(container: Container, service: string): Promise<Status> {
  return until(`${service} has run and rests`, async () => {
    const { stdout: deaths } = await container.exec(["s6-svdt", serviceDir(service)]);
    const now = await status(container, service).catch(() => undefined);
    return deaths !== "" && now !== undefined && !now.up && !now.wantedUp && now;
  }, 30_000);
}

/** Starts a container on a home, supervised as {@linkcode SUPERVISION} says; its hooks have not run. */
export function startContainer(
  home: Home,
  { env, ...options }: Omit<ContainerOptions, "data"> = {},
): Promise<Container> {
  const mode = SUPERVISION === "isolated" ? { HERMES_SUPERVISION: SUPERVISION } : {};
  return Container.start({ ...options, env: { ...mode, ...env }, data: home.path });
}

/** {@linkcode startContainer}, and boots it; every hook must succeed. */
export async function bootContainer(
  home: Home,
  options: Omit<ContainerOptions, "data"> = {},
): Promise<Container> {
  const container = await startContainer(home, options);
  try {
    for (const [name, { code, stdout, stderr }] of await container.boot()) {
      assertEquals(code, 0, `${name} failed:\n${stdout}${stderr}`);
    }
    return container;
  } catch (error) {
    await container.stop(0);
    throw error;
  }
}
