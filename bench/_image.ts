import { RUN_FLAGS } from "../lib/image/permissions.ts";
import { Container, type ExecOptions } from "../tests/container/container.ts";
import { untilUp } from "./_boots.ts";
import { parseRun, type Run, type Tools } from "./_measure.ts";
import { least } from "./_statistics.ts";
import { makeHome, profileNames, STUB_FILE } from "./_worlds.ts";

/** What is measured with the image's files and caches in their places: the least times. */
export interface ImageResult {
  /** The hooks of a first boot with 5 profiles, by name. */
  hooks: ReadonlyMap<string, Run>;
  /** Deno with an empty script. */
  bare: Run;
  /** `gatewayctl list` and `health` with 10 gateways, by their names. */
  commands: ReadonlyMap<string, Run>;
}

const MEASURE = "/opt/bench/measure";
const EMPTY = "/opt/bench/empty.js";
const BARE = ["/usr/bin/env", "-i", "NO_COLOR=1", "DENO_DIR=/opt/hermes-boot/deno_dir"]
  .concat(["/usr/local/bin/deno", "run", ...RUN_FLAGS, EMPTY]);

async function withContainer<T>(
  profiles: number,
  dir: string,
  tools: Tools,
  act: (container: Container, data: string) => Promise<T>,
): Promise<T> {
  const data = await Deno.makeTempDir({ dir, prefix: "image-" });
  await makeHome(data, profiles, "running");
  await Deno.mkdir(`${data}/up`);
  await Deno.writeTextFile(`${dir}/empty.js`, "");
  await new Deno.Command("chown", { args: ["-R", "10000:10000", data] }).output();
  const mounts = {
    "/usr/local/bin/hermes": STUB_FILE,
    [MEASURE]: tools.measure,
    [EMPTY]: `${dir}/empty.js`,
  };
  await using container = await Container.start({ data, mounts });
  return await act(container, data);
}

async function measureIn(
  container: Container,
  command: readonly string[],
  options?: ExecOptions,
): Promise<Run> {
  const { stdout, stderr } = await container.exec([MEASURE, ...command], options);
  return parseRun(stdout, command.join(" "), stderr);
}

/** Measures programs by turns. */
async function byTurns(
  programs: ReadonlyMap<string, () => Promise<Run>>,
  rounds: number,
  prepare: () => Promise<unknown>,
): Promise<Map<string, Run>> {
  const taken = new Map([...programs.keys()].map((name) => [name, [] as Run[]]));
  for (let round = -1; round < rounds; round++) {
    await prepare();
    for (const [name, program] of programs) {
      const run = await program();
      if (round >= 0) taken.get(name)?.push(run);
    }
  }
  return new Map([...taken].map(([name, runs]) => [name, {
    ms: least(runs.map(({ ms }) => ms)),
    cpuMs: least(runs.map(({ cpuMs }) => cpuMs)),
  }]));
}

/**
 * Measures the hooks and `gatewayctl` in containers. Needs all permissions.
 *
 * @param dir A directory to work in.
 * @param tools The C programs.
 * @param rounds How often.
 * @param progress Told how far it is.
 * @returns What they took.
 */
export async function measureImage(
  dir: string,
  tools: Tools,
  rounds: number,
  progress: (text: string) => void,
): Promise<ImageResult> {
  progress("the hooks");
  const hooks = await withContainer(5, dir, tools, async (container) => {
    const { stdout } = await container.sh("cd /etc/cont-init.d && LC_ALL=C ls");
    const programs = new Map(
      stdout.trim().split("\n").map((
        name,
      ) => [name, () => measureIn(container, [`/etc/cont-init.d/${name}`])]),
    );
    programs.set("bare", () => measureIn(container, BARE));
    // Nothing has scanned yet: they are only files.
    const prepare = () => container.sh("rm -rf /run/service/.hermes /run/service/gateway-*");
    return await byTurns(programs, rounds, prepare);
  });
  progress("gatewayctl");
  const commands = await withContainer(10, dir, tools, async (container, data) => {
    for (const [name, { code, stderr }] of await container.boot()) {
      if (code !== 0) throw new Error(`${name}: ${stderr}`);
    }
    await untilUp(data, profileNames(10));
    const options: ExecOptions = { user: "hermes" };
    const programs = new Map(
      ["list", "health"].map((
        name,
      ) => [name, () => measureIn(container, ["/usr/local/bin/gatewayctl", name], options)]),
    );
    return await byTurns(programs, rounds, () => Promise.resolve());
  });
  const bare = hooks.get("bare")!;
  hooks.delete("bare");
  return { hooks, bare, commands };
}
