import { mkfifo } from "../_fixtures.ts";
import { runSync, type TempDir } from "../_temp.ts";
import { SECRET, writeConfig } from "./_config.ts";
import {
  type ConfigNode,
  type Files,
  type LogNode,
  type Name,
  type Node,
  type Place,
  shownName,
  type Volume,
  writeContent,
} from "./_volume.ts";

/** Special files to hard-link from: no API makes them, and one exec each would dominate. */
export interface Pool {
  fifo: string;
  socket: string;
  /** Absent where this user may not make devices. */
  device?: string;
}

/** Makes the special files; the directory has a short path, as a socket's must be. */
export function makePool(dir: string): Pool {
  const pool: Pool = { fifo: `${dir}/fifo`, socket: `${dir}/socket` };
  mkfifo(pool.fifo, "0666");
  // Closing a listener removes the name it was made under.
  using _listener = Deno.listen({ transport: "unix", path: `${pool.socket}.made` });
  Deno.linkSync(`${pool.socket}.made`, pool.socket);
  try {
    const device = `${dir}/zero`;
    runSync("mknod", "-m", "0666", device, "c", "1", "5");
    Deno.openSync(device).close();
    pool.device = device;
  } catch {
    // Only root may, and not everywhere.
  }
  return pool;
}

/** Where one hostile home is, and what lies around it. */
export interface World {
  dir: string;
  home: string;
  scandir: string;
  /** What symlinks and hard links in the home lead to. */
  canary: string;
}

const CANARY_FILE = '{"desired_state":"running","phase":"exited"}';

/** What everybody could change, so that a change through a link would show. */
function makeCanary(temp: TempDir, dir: string): string {
  const profile = ["SOUL.md", "gateway_state.json", "gateway.pid"];
  const files = {
    "": ["file"],
    "/plain": [],
    "/profile": profile,
    "/profiles/outside": profile,
    "/state": ["gateway.lifecycle.json"],
    "/logs": ["container-boot.log"],
  };
  for (const [at, names] of Object.entries(files)) {
    temp.mkdir(dir + at, 0o777);
    for (const name of names) temp.write(`${dir}${at}/${name}`, CANARY_FILE, 0o666);
  }
  temp.mkdir(`${dir}/locked`, 0);
  return `${temp.path}/${dir}`;
}

class Builder {
  readonly #pool: Pool;
  readonly #world: World;
  /** What Deno cannot name: where it was made, and the bytes it is to be called. */
  readonly raw: { from: string; to: string; name: readonly number[] }[] = [];

  constructor(pool: Pool, world: World) {
    this.#pool = pool;
    this.#world = world;
  }

  #special(path: string, is: "fifo" | "socket" | "device"): void {
    Deno.linkSync(this.#pool[is] ?? this.#pool.fifo, path);
  }

  node(path: string, node: Node): void {
    const { canary } = this.#world;
    switch (node.is) {
      case "absent":
        return;
      case "file":
        writeContent(path, node.content);
        return Deno.chmodSync(path, node.mode);
      case "hard link":
        return Deno.linkSync(`${canary}/file`, path);
      case "directory":
        Deno.mkdirSync(path);
        if (node.full) Deno.writeTextFileSync(`${path}/kept`, "kept");
        return;
      case "symlink": {
        const targets = {
          canary: `${canary}/file`,
          directory: `${canary}/plain`,
          nowhere: `${canary}/nowhere`,
          itself: path.slice(path.lastIndexOf("/") + 1),
        };
        return Deno.symlinkSync(targets[node.to], path);
      }
      default:
        this.#special(path, node.is);
    }
  }

  config(path: string, config: ConfigNode): void {
    if (config.is !== "file") return this.node(path, config);
    writeConfig(path, config.config);
    Deno.chmodSync(path, config.mode);
  }

  log(path: string, log: LogNode): void {
    if (log.is !== "file") return this.node(path, log);
    Deno.writeTextFileSync(path, `${"x".repeat(log.size - 1)}\n`);
    Deno.chmodSync(path, log.mode);
  }

  #stateDir(path: string, { stateDir, lifecycle }: Files): void {
    const { canary } = this.#world;
    switch (stateDir) {
      case "absent":
        return;
      case "directory":
      case "locked":
        Deno.mkdirSync(path);
        this.node(`${path}/gateway.lifecycle.json`, lifecycle);
        if (stateDir === "locked") Deno.chmodSync(path, 0);
        return;
      case "file":
        return Deno.writeTextFileSync(path, CANARY_FILE);
      case "fifo":
        return this.#special(path, "fifo");
      case "symlink to a directory":
        return Deno.symlinkSync(`${canary}/state`, path);
      case "dangling symlink":
        return Deno.symlinkSync(`${canary}/nowhere`, path);
    }
  }

  files(dir: string, files: Files): void {
    this.node(`${dir}/gateway_state.json`, files.state);
    this.node(`${dir}/gateway.pid`, files.pid);
    this.node(`${dir}/processes.json`, files.processes);
    this.#stateDir(`${dir}/state`, files);
    Deno.writeTextFileSync(`${dir}/.env`, `API_KEY=${SECRET}`);
  }

  /** Makes what is no directory; tells whether that was it. */
  place(path: string, place: Place, outward: string): boolean {
    switch (place.is) {
      case "directory":
        Deno.mkdirSync(path);
        return true;
      case "absent":
        return false;
      case "file":
        Deno.writeTextFileSync(path, "kept");
        break;
      case "outward symlink":
      case "dangling symlink": {
        const to = place.is === "outward symlink" ? outward : "nowhere";
        Deno.symlinkSync(`${this.#world.canary}/${to}`, path);
        break;
      }
      default:
        this.#special(path, place.is);
    }
    return false;
  }

  /** Makes something under a name that may be no text. */
  #named(name: Name, root: string, make: (path: string) => void): void {
    if (typeof name === "string") return make(`${root}/${name}`);
    const from = `${this.#world.dir}/raw-${this.raw.length}`;
    make(from);
    this.raw.push({ from, to: root, name });
  }

  profile(root: string, profile: Volume["profiles"][number]): void {
    const { canary } = this.#world;
    const symlinks = {
      "symlink to a profile": `${canary}/profile`,
      "symlink to a directory": `${canary}/plain`,
      "symlink to a locked directory": `${canary}/locked`,
      "symlink to a file": `${canary}/file`,
      "dangling symlink": `${canary}/nowhere`,
      "cyclic symlink": shownName(profile.name),
    };
    this.#named(profile.name, root, (path) => {
      const { as } = profile;
      if (as === "file") return Deno.writeTextFileSync(path, "kept");
      if (as === "fifo" || as === "socket") return this.#special(path, as);
      if (as !== "directory") return Deno.symlinkSync(symlinks[as], path);
      Deno.mkdirSync(path);
      this.node(`${path}/SOUL.md`, profile.soul);
      this.files(path, profile);
      Deno.chmodSync(path, profile.mode);
    });
  }

  volume(volume: Volume): void {
    const { home } = this.#world;
    Deno.mkdirSync(home);
    this.files(home, volume.root);
    this.config(`${home}/config.yaml`, volume.config);
    const profiles = `${home}/profiles`;
    if (this.place(profiles, volume.profilesAs, "profiles")) {
      for (const profile of volume.profiles) this.profile(profiles, profile);
    }
    const logs = `${home}/logs`;
    if (this.place(logs, volume.logsAs, "logs")) {
      this.log(`${logs}/container-boot.log`, volume.log);
      this.log(`${logs}/container-boot.log.1`, volume.oldLog);
      Deno.writeTextFileSync(`${logs}/other.log`, "kept");
    }
  }

  /** Sets the modes that would have been in the builder's own way. */
  lock({ mode, profilesAs, logsAs }: Volume): void {
    const { home } = this.#world;
    if (profilesAs.is === "directory") Deno.chmodSync(`${home}/profiles`, profilesAs.mode);
    if (logsAs.is === "directory") Deno.chmodSync(`${home}/logs`, logsAs.mode);
    Deno.chmodSync(home, mode);
  }
}

const OCTAL = (bytes: readonly number[]) =>
  bytes.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");

/** Builds the homes of some volumes, each in a world of its own. */
export function buildWorlds(temp: TempDir, pool: Pool, volumes: readonly Volume[]): World[] {
  const builders = volumes.map((volume, index) => {
    const dir = temp.mkdir(`${index}`);
    const world: World = {
      dir,
      home: `${dir}/home`,
      scandir: temp.mkdir(`${index}/scandir`),
      canary: makeCanary(temp, `${index}/canary`),
    };
    const builder = new Builder(pool, world);
    builder.volume(volume);
    return { world, builder, volume };
  });
  const raw = builders.flatMap(({ builder }) => builder.raw);
  if (raw.length > 0) {
    const script =
      'while [ $# -gt 0 ]; do mv -T -- "$1" "$2/$(printf "$3")" || exit 1; shift 3; done';
    const args = raw.flatMap(({ from, to, name }) => [from, to, OCTAL(name)]);
    runSync("sh", "-c", script, "sh", ...args);
  }
  for (const { builder, volume } of builders) builder.lock(volume);
  return builders.map(({ world }) => world);
}
