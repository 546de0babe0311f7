import { permissionFlags, type Places, RUN_FLAGS } from "../lib/image/permissions.ts";
import { RECONCILE_PROFILES, type Stage, SUPERVISE_PERMS } from "../lib/image/stages.ts";
import { vendor } from "../tasks/vendor.ts";
import { REPOSITORY } from "../tests/container/container.ts";
import type { Program } from "./_measure.ts";

const IS_ROOT = Deno.uid() === 0;

/** What is measured: a world that is made anew before each run, and a program in it. */
export interface Scene {
  /** What the table calls it. */
  title: string;
  /** How many services, profiles or slots. */
  size: number;
  program: Program;
  /** Makes the world as the program expects it. */
  prepare(): Promise<void>;
}

/** The suite as it is in the image: its packages beside it, caches of its own. */
export class Suite {
  /** Where. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Lays it out; its caches are empty. */
  static async install(path: string): Promise<Suite> {
    await run("mkdir", "-p", path);
    const parts = ["lib", "tasks", "bench", "rootfs/opt/hermes-boot/deno.json"];
    await run("cp", "-R", ...parts.map((part) => `${REPOSITORY}/${part}`), path);
    vendor(path);
    await Deno.writeTextFile(`${path}/empty.ts`, "");
    return new Suite(path);
  }

  #deno(args: readonly string[], env: Record<string, string> = {}): Program {
    return {
      path: Deno.execPath(),
      args: ["run", ...RUN_FLAGS, ...args],
      env: { NO_COLOR: "1", DENO_DIR: `${this.path}/deno_dir`, ...env },
    };
  }

  /** An empty script: the floor of any start. */
  bare(): Program {
    return this.#deno([`${this.path}/empty.ts`]);
  }

  /** A stage, with exactly its permissions. */
  stage(stage: Stage, places: Partial<Places>, args: readonly string[]): Program {
    const { home = "", scandir = "" } = places;
    const facts = `${home}.facts`;
    const given: string[] = [];
    if (stage.user === "hermes") {
      const values = { home, scandir, role: "other", refused: "" };
      const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
      Deno.writeTextFileSync(facts, lines.join(""));
      given.push(`--facts=${facts}`);
    }
    const all = { servicedirs: "", facts, home, scandir, ...places };
    const flags = permissionFlags(stage.permissions(all));
    return this.#deno([...flags, `${this.path}/${stage.entry}`, ...given, ...args]);
  }
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

async function wipe(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(() => {});
}

/** Makes a Hermes home with profiles, in whose state files stand the given states by turns. */
export async function makeHome(
  home: string,
  profiles: number,
  ...states: string[]
): Promise<void> {
  if (states.length === 0) states = ["running", "stopped"];
  const names = Array.from({ length: profiles - 1 }, (_, index) => `profiles/profile-${index + 1}`);
  await Deno.mkdir(`${home}/profiles`, { recursive: true });
  for (const [index, name] of ["", ...names].entries()) {
    const dir = `${home}/${name}`;
    await Deno.mkdir(dir, { recursive: true });
    await Deno.writeTextFile(`${dir}/SOUL.md`, "");
    const state = states[index % states.length];
    await Deno.writeTextFile(`${dir}/gateway_state.json`, `{"gateway_state":"${state}"}\n`);
  }
}

/** The title of stage 015. */
export const SUPERVISE = "015, services";

/** Stage 015 on s6-rc's live directory as s6-supervise leaves it. */
export function superviseScene(suite: Suite, root: string, services: number): Scene {
  const [servicedirs, scandir] = [`${root}/servicedirs`, `${root}/scandir`];
  const names = Array.from({ length: services }, (_, index) => `${servicedirs}/service-${index}`);
  const dirs = [...names.map((name) => `${name}/supervise`), `${scandir}/.s6-svscan`];
  const gid = IS_ROOT ? 10000 : Deno.gid();
  return {
    title: SUPERVISE,
    size: services,
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

/** The title of stage 02. */
export const RECONCILE = "02, profiles";

/** The title of the C program that makes the same system calls as stage 02. */
export const C_SAME = "C same calls, slots";

/** Stage 02 and its floors, each on a home with so many profiles. */
export async function reconcileScenes(
  suite: Suite,
  root: string,
  profiles: number,
  floor: string | undefined,
): Promise<Scene[]> {
  const [home, scandir, copy] = [`${root}/home`, `${root}/scandir`, `${root}/copy`];
  await makeHome(home, profiles);
  const stage = suite.stage(RECONCILE_PROFILES, { home, scandir }, []);
  const scene = (title: string, program: Program, prepare: () => Promise<void>): Scene => ({
    title,
    size: profiles,
    program,
    prepare,
  });
  const env = { PATH: "/usr/bin:/bin" };
  const scenes = [
    scene(RECONCILE, stage, () => wipe(scandir)),
    // It finds what the one before made.
    scene("02 again, profiles", stage, () => Promise.resolve()),
    scene("cp -a, slots", { path: "/bin/cp", args: ["-a", scandir, copy], env }, () => wipe(copy)),
  ];
  if (floor !== undefined) {
    const c = { path: floor, args: [home, copy], env: {} };
    const needed = { ...c, args: [...c.args, "needed"] };
    scenes.push(scene(C_SAME, c, () => wipe(copy)));
    scenes.push(scene("C needed calls, slots", needed, () => wipe(copy)));
  }
  return scenes;
}
