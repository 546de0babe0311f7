import { until } from "../container/container.ts";
import { runSync } from "../_temp.ts";

/** The user hermes of a live container. */
export const HERMES = { uid: 10000, gid: 10000 };

/** What is on the volume of one profile. */
export interface Scene {
  /** The content of `gateway_state.json`: text as it is, anything else as JSON. */
  state?: unknown;
  /** The content of `stub`, which steers the stub hermes. */
  stub?: string;
  /** Whether there is a `SOUL.md`. Default: `true`. */
  soul?: boolean;
}

/** What makes a gateway start at a boot. */
export const RUNNING: Scene = { state: { desired_state: "running" } };

/** What makes a gateway stay down at a boot. */
export const STOPPED: Scene = { state: { desired_state: "stopped" } };

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
    runSync("chown", "-R", `${owner.uid}:${owner.gid}`, home.path);
    return home;
  }

  /** {@linkcode put}, as hermes's own. */
  async add(name: string, scene: Scene = {}): Promise<void> {
    await this.put(name, scene);
    runSync("chown", "-R", `${HERMES.uid}:${HERMES.gid}`, this.dir(name));
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

  /** Reads a gateway's log; empty where there is none. */
  log(name: string): Promise<string> {
    return Deno.readTextFile(`${this.path}/logs/gateways/${name}/current`).catch(() => "");
  }

  /** Waits until gateways' loggers have written something. */
  async untilLogged(...names: string[]): Promise<void> {
    for (const name of names) await until(`a log of ${name}`, () => this.log(name), 30_000);
  }

  /** Waits until gateways mind their signals; the stub says its PID then. */
  async untilMinding(...names: string[]): Promise<void> {
    for (const name of names) {
      const pid = () => Deno.readTextFile(`${this.dir(name)}/gateway.pid`).catch(() => "");
      await until(`the gateway ${name} minds its signals`, pid, 30_000);
    }
  }

  /** Waits until the stub has written its environment; returns its entries. */
  untilEnviron(name: string): Promise<string[]> {
    return until(`the environment of ${name}`, async () => {
      const text = await Deno.readTextFile(`${this.dir(name)}/stub.environ`).catch(() => "");
      return text.endsWith("\0") && text.split("\0");
    }, 30_000);
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
