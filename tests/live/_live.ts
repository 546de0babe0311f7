import { assertEquals } from "@std/assert";
import { ISOLATED_SCANDIR, SHARED_SCANDIR } from "../../lib/s6/places.ts";
import {
  Container,
  type ContainerOptions,
  type ExecOptions,
  until,
} from "../container/container.ts";

/** The user hermes of a live container. */
export const HERMES = { uid: 10000, gid: 10000 };

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
  const data = await Deno.makeTempDir();
  try {
    await using _ = await Container.start({ data, progress: console.error });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

const reason = await whyNot();

/**
 * Registers a test that needs a live container. Where there can be none the
 * test is skipped by name with the reason; under `CI=true` that is a failure.
 */
export function liveTest(name: string, fn: () => Promise<void>): void {
  if (SUPERVISION === "isolated") name = `${name} (isolated)`;
  if (reason === undefined) return Deno.test(`live: ${name}`, fn);
  if (Deno.env.get("CI") === "true") {
    return Deno.test(`live: ${name}`, () => {
      throw new Error(`no live container: ${reason}`);
    });
  }
  Deno.test({ name: `live: ${name} (skipped: ${reason})`, ignore: true, fn });
}

/** What is on the volume of one profile. */
export interface Scene {
  /** The content of `gateway_state.json`: text as it is, anything else as JSON. */
  state?: unknown;
  /** The content of `stub`, which steers the stub hermes. */
  stub?: string;
  /** Whether there is a `SOUL.md`. Default: `true`. */
  soul?: boolean;
}

/** A Hermes home in a temporary directory, owned by {@linkcode HERMES}. */
export class Home implements AsyncDisposable {
  /** Where it is. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes a home with the given profiles; `default` is the home itself. */
  static async make(profiles: Readonly<Record<string, Scene>>, owner = HERMES): Promise<Home> {
    const home = new Home(await Deno.makeTempDir({ prefix: "hermes-home-" }));
    await Deno.chmod(home.path, 0o755);
    for (const [name, scene] of Object.entries(profiles)) await home.put(name, scene);
    const { success } = await new Deno.Command("chown", {
      args: ["-R", `${owner.uid}:${owner.gid}`, home.path],
    }).output();
    assertEquals(success, true);
    return home;
  }

  /** Adds or changes a profile. */
  async put(name: string, { state, stub, soul = true }: Scene): Promise<void> {
    const dir = this.dir(name);
    await Deno.mkdir(dir, { recursive: true });
    if (soul && name !== "default") await Deno.writeTextFile(`${dir}/SOUL.md`, "");
    if (state !== undefined) {
      const text = typeof state === "string" ? state : JSON.stringify(state);
      await Deno.writeTextFile(`${dir}/gateway_state.json`, text);
    }
    if (stub !== undefined) await Deno.writeTextFile(`${dir}/stub`, `${stub}\n`);
  }

  /** Finds a profile's directory. */
  dir(name: string): string {
    return name === "default" ? this.path : `${this.path}/profiles/${name}`;
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
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

/** Asks s6-svstat about a service, by its name or its whole path. */
export async function status(
  container: Container,
  service: string,
  options: ExecOptions = {},
): Promise<Status> {
  const { code, stdout, stderr } = await container.exec(
    ["s6-svstat", "-o", "up,wantedup,pid,exitcode,updownfor", serviceDir(service)],
    options,
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
