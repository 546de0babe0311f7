import { REPOSITORY } from "../tests/container/container.ts";
import { exists, makeOnce, unpackPackages } from "../tests/container/packages.ts";

const PM2_VERSION = "6.0.14";
const PM2_DIR = "usr/lib/hermes-bench-pm2";

/** The path of pm2-runtime in a container that has the layers. */
export const PM2_RUNTIME = `/${PM2_DIR}/node_modules/pm2/bin/pm2-runtime`;

/** The peers, unpacked into a folder that git ignores. */
export interface Peers {
  /** Trees to lay over `/`. */
  layers: string[];
  /** The version of each, by its name. */
  versions: Readonly<Record<"supervisord" | "pm2-runtime", string>>;
}

/** What Debian would install for them: its Python and Node.js only where the system has none. */
async function fetchDebian(target: string): Promise<void> {
  await unpackPackages(target, async (apt) => {
    const lines = await apt.run(
      "apt-get",
      ...["-qq", "--yes", "--no-install-recommends", "--print-uris", "install"],
      ...["supervisor", "nodejs"],
    );
    return [...lines.matchAll(/^'[^']*' ([^_]+)_/gm)].map(([, name = ""]) => name);
  });
}

async function fetchPm2(target: string): Promise<void> {
  await makeOnce(target, async (work) => {
    const dir = `${work}/root/${PM2_DIR}`;
    await Deno.mkdir(dir, { recursive: true });
    await Deno.writeTextFile(
      `${dir}/package.json`,
      JSON.stringify({ dependencies: { pm2: PM2_VERSION } }),
    );
    await Deno.writeTextFile(`${dir}/deno.json`, `{ "nodeModulesDir": "auto" }`);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["install", "--quiet"],
      cwd: dir,
    }).output();
    if (!success) throw new Error(`pm2: ${new TextDecoder().decode(stderr)}`);
    return `${work}/root`;
  });
}

/**
 * Finds the peers, or fetches them, without touching the system. Needs all permissions.
 *
 * @param progress Told before anything slow is done.
 * @returns Where they are.
 * @throws {Error} If they cannot be had.
 */
export async function findPeers(progress: (message: string) => void): Promise<Peers> {
  const [debian, pm2] = ["supervisor", "pm2"].map((name) => `${REPOSITORY}/.cache/${name}`);
  if (!await exists(debian!) || !await exists(pm2!)) {
    progress("fetching supervisor (Debian) and pm2 (npm) into .cache/ (once)");
  }
  await fetchDebian(debian!);
  await fetchPm2(pm2!);
  const version = `${debian}/usr/lib/python3/dist-packages/supervisor/version.txt`;
  return {
    layers: [debian!, pm2!],
    versions: {
      supervisord: (await Deno.readTextFile(version)).trim(),
      "pm2-runtime": PM2_VERSION,
    },
  };
}
