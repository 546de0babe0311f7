import { permissionFlags, type Places, RUN_FLAGS } from "../lib/image/permissions.ts";
import { bundled } from "../lib/image/scripts.ts";
import { RECONCILE_PROFILES, type Stage, SUPERVISE_PERMS } from "../lib/image/stages.ts";
import { bundle } from "../tests/_bundle.ts";
import { measure, type Program, type Run, type Tools } from "./_measure.ts";
import { least } from "./_statistics.ts";
import { makeHome } from "./_worlds.ts";

/** What is measured: a world that is made anew before each run, and a program in it. */
interface Scene {
  what: string;
  /** How many services or profiles. */
  size: number;
  program: Program;
  /** Makes the world as the program expects it. */
  prepare(): Promise<void>;
}

/** The least time of a scene. */
export interface StageResult extends Run {
  what: string;
  /** How many services or profiles. */
  size: number;
}

/** The scenes. */
export const SCENES = {
  bare: "a bare start",
  supervise: "015",
  shared: "02, shared",
  isolated: "02, isolated",
  again: "02 again, shared",
  c: "the same system calls in C",
} as const;

const LARGE = 200;

/** The suite as it is in the image, with caches of its own. */
class Suite {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Lays it out; its caches are empty. */
  static async install(path: string): Promise<Suite> {
    await run("mkdir", "-p", path);
    bundle(path);
    await Deno.writeTextFile(`${path}/empty.js`, "");
    return new Suite(path);
  }

  #deno(args: readonly string[]): Program {
    return {
      path: Deno.execPath(),
      args: ["run", ...RUN_FLAGS, ...args],
      env: { NO_COLOR: "1", DENO_DIR: `${this.#path}/deno_dir` },
    };
  }

  /** An empty script: the floor of any start. */
  bare(): Program {
    return this.#deno([`${this.#path}/empty.js`]);
  }

  /** A stage, with exactly its permissions. */
  stage(stage: Stage, places: Partial<Places>, args: readonly string[]): Program {
    const all = { servicedirs: "", facts: "", home: "", scandir: "", listen: "", ...places };
    const flags = permissionFlags(stage.permissions(all));
    return this.#deno([...flags, `${this.#path}/${bundled(stage.entry)}`, ...args]);
  }
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

async function wipe(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(() => {});
}

/** Stage 015 on s6-rc's live directory as s6-supervise leaves it. */
function superviseScene(suite: Suite, root: string, size: number): Scene {
  const [servicedirs, scandir] = [`${root}/servicedirs`, `${root}/scandir`];
  const names = Array.from({ length: size }, (_, index) => `${servicedirs}/service-${index}`);
  const dirs = [...names.map((name) => `${name}/supervise`), `${scandir}/.s6-svscan`];
  const gid = Deno.uid() === 0 ? 10000 : Deno.gid();
  return {
    what: SCENES.supervise,
    size,
    program: suite.stage(SUPERVISE_PERMS, { servicedirs, scandir }, [
      `--servicedirs=${servicedirs}`,
      `--scandir=${scandir}`,
      `--owner=10000:${gid}`,
    ]),
    async prepare() {
      await wipe(servicedirs);
      await wipe(scandir);
      for (const dir of dirs) await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
      for (const name of names) {
        await Deno.chmod(name, 0o755);
        await Deno.mkdir(`${name}/event`);
        await Deno.chmod(`${name}/event`, 0o3730);
      }
      for (const dir of [servicedirs, scandir, `${scandir}/.s6-svscan`]) {
        await Deno.chmod(dir, 0o755);
      }
      await run("mkfifo", "-m", "600", ...dirs.map((dir) => `${dir}/control`));
    },
  };
}

/** Stage 02 and its floor, on a home with so many profiles. */
async function reconcileScenes(
  suite: Suite,
  root: string,
  size: number,
  { reconcile }: Tools,
): Promise<Scene[]> {
  const [home, copy] = [`${root}/home`, `${root}/copy`];
  await makeHome(home, size, "running", "stopped");
  const stage = async (mode: "shared" | "isolated"): Promise<Scene> => {
    const [facts, scandir] = [`${root}/${mode}.facts`, `${root}/${mode}`];
    const slotsRunAs = mode === "shared" ? "root" : "hermes";
    const values = { home, scandir, mode, slots_run_as: slotsRunAs, role: "other", refused: "" };
    const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
    await Deno.writeTextFile(facts, lines.join(""));
    return {
      what: SCENES[mode],
      size,
      program: suite.stage(RECONCILE_PROFILES, { facts, home, scandir, slotsRunAs }, [
        `--facts=${facts}`,
      ]),
      prepare: () => wipe(scandir),
    };
  };
  const shared = await stage("shared");
  return [
    shared,
    // It finds what the one before made.
    { ...shared, what: SCENES.again, prepare: () => Promise.resolve() },
    await stage("isolated"),
    {
      what: SCENES.c,
      size,
      program: { path: reconcile, args: [home, copy], env: {} },
      prepare: () => wipe(copy),
    },
  ];
}

/**
 * Measures the stages, every scene in turn and that many times over, so that
 * what disturbs the machine disturbs all of them. Needs all permissions.
 *
 * @param dir An empty directory.
 * @param tools The C programs.
 * @param rounds How often; a large world is measured a quarter as often.
 * @param progress Told how far it is.
 * @returns One result per scene.
 */
export async function measureStages(
  dir: string,
  tools: Tools,
  rounds: number,
  progress: (text: string) => void,
): Promise<StageResult[]> {
  const suite = await Suite.install(`${dir}/hermes-boot`);
  const scenes: Scene[] = [
    { what: SCENES.bare, size: 0, program: suite.bare(), prepare: () => Promise.resolve() },
    superviseScene(suite, `${dir}/015`, 20),
  ];
  for (const size of [5, 1000]) {
    scenes.push(...await reconcileScenes(suite, `${dir}/02-${size}`, size, tools));
  }
  const [first] = await reconcileScenes(suite, `${dir}/02-4000`, 4000, tools);
  scenes.push(first!);
  const runs = new Map(scenes.map((scene) => [scene, [] as Run[]]));
  const warmUp = -1;
  for (let round = warmUp; round < rounds; round++) {
    if (round % 10 === 0) progress(`stages, round ${round + 1} of ${rounds}`);
    for (const scene of scenes) {
      if (scene.size > LARGE && round % 4 !== 0) continue;
      await scene.prepare();
      const run = await measure(scene.program, tools);
      if (round !== warmUp) runs.get(scene)?.push(run);
    }
  }
  return [...runs].map(([{ what, size }, taken]) => ({
    what,
    size,
    ms: least(taken.map(({ ms }) => ms)),
    cpuMs: least(taken.map(({ cpuMs }) => cpuMs)),
  }));
}
