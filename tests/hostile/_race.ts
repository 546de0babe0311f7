import { assert, assertEquals, assertMatch } from "@std/assert";
import { mkfifo } from "../_fixtures.ts";
import { modeOf, type Outcome, run, runSync, snapshot, type TempDir } from "../_temp.ts";
import { asHermes, HERMES, type Installation } from "./_install.ts";
import { addScandir, addService, Canary, giveToHermes, runSupervisePerms } from "./_static_tree.ts";

/**
 * Runs as hermes: swaps each entry with its decoy in one step and back, as
 * fast as it can, and sets its own entries' modes wrong in between, so that
 * there is always something to set right.
 */
export const SWAPPER = `
const { symbols } = Deno.dlopen("libc.so.6", {
  renameat2: { parameters: ["i32", "buffer", "i32", "buffer", "u32"], result: "i32" },
  chmod: { parameters: ["buffer", "u32"], result: "i32" },
});
const [durationMs, ...paths] = Deno.args;
const bytes = (text) => new TextEncoder().encode(text + "\\0");
const entries = paths.map((path) => [bytes(path), bytes(path + ".decoy")]);
const exchange = (a, b) => symbols.renameat2(-100, a, -100, b, 2) === 0;
const end = performance.now() + Number(durationMs);
let swaps = 0;
while (performance.now() < end) {
  for (const [path, decoy] of entries) {
    for (let i = 0; i < 20; i++) {
      if (!exchange(path, decoy)) break;
      exchange(path, decoy);
      symbols.chmod(path, 0o700);
      swaps++;
    }
  }
}
console.log(swaps);
`;

/** As hermes, swaps each path with its `.decoy` for so long; the output is how often. */
export function swapAsHermes(
  installation: Installation,
  durationMs: number,
  paths: readonly string[],
): Promise<Outcome> {
  const [program, ...args] = asHermes(
    ...[installation.deno, "eval", "--no-config", "--ext=js", SWAPPER, String(durationMs)],
    ...paths,
  );
  const env = installation.env();
  return run(program, { args, env, cwd: "/", timeoutMs: durationMs + 10_000 });
}

/** How many services of a kind: 015 looks at each only for a moment. */
const COUNT = 12;

/** A tree in which hermes can swap much of what 015 looks at for symlinks to the canary. */
class RacedTree {
  readonly servicedirs: string;
  readonly scandir: string;
  /** What is swapped, each with where its decoy, a symlink, leads. */
  readonly swaps: [path: string, to: string][] = [];

  constructor(temp: TempDir, { path: canary }: Canary) {
    this.servicedirs = temp.mkdir("servicedirs");
    this.scandir = addScandir(temp, "scandir");
    addService(temp, "servicedirs/good");
    const own = addService(temp, "servicedirs/own");
    for (const path of [own, `${own}/event`]) giveToHermes(path);
    this.swaps.push([`${own}/event`, `${canary}/service`]);
    this.swaps.push([`${own}/supervise`, `${canary}/service/supervise`]);
    for (let i = 0; i < COUNT; i++) {
      const sticky = addService(temp, `servicedirs/sticky${i}`);
      giveToHermes(`${sticky}/event`);
      Deno.chmodSync(sticky, 0o1777);
      this.swaps.push([`${sticky}/event`, `${canary}/service`]);
      const control = `${addService(temp, `servicedirs/supervise${i}`)}/supervise/control`;
      giveToHermes(control);
      this.swaps.push([control, `${canary}/file`]);
    }
    this.reopen();
    // A scandir as 015 leaves it; hermes tries root's `.s6-svscan` and adds its own entries.
    Deno.chownSync(this.scandir, 0, HERMES.gid);
    Deno.chmodSync(this.scandir, 0o1775);
    mkfifo(`${this.scandir}/.hermes`);
    giveToHermes(`${this.scandir}/.hermes`);
    this.swaps.push([`${this.scandir}/.s6-svscan`, `${canary}/svscan`]);
    this.swaps.push([`${this.scandir}/.hermes`, `${canary}/file`]);
    // Decoys are hermes's: in a sticky directory nobody else's can be renamed.
    for (const [path, to] of this.swaps) Deno.symlinkSync(to, `${path}.decoy`);
    const decoys = this.swaps.map(([path]) => `${path}.decoy`);
    runSync("chown", "-h", `${HERMES.uid}:${HERMES.gid}`, ...decoys);
  }

  /** Lets hermes swap in `supervise/`, also after a run that was fooled. */
  reopen(): void {
    for (let i = 0; i < COUNT; i++) {
      Deno.chmodSync(`${this.servicedirs}/supervise${i}/supervise`, 0o1777);
    }
  }
}

/** Asserts that 015 survived, said so in whole lines, and shared what is safe. */
function assertRun({ code, stdout, stderr }: Outcome, servicedirs: string): void {
  assertEquals(code, 1, stderr);
  assertMatch(stdout, /^015-supervise-perms: info: shared \d+ static services [\x20-\x7e]+\n$/);
  assertMatch(stderr, /^(015-supervise-perms: warning: [\x20-\x7e]+\n)+$/);
  assertEquals(modeOf(`${servicedirs}/good/supervise/control`), 0o660);
}

/**
 * Runs 015 as root again and again while hermes swaps what it looks at, and
 * asserts that nothing of root's outside has changed.
 *
 * @param installation What to run.
 * @param durationMs For how long, in milliseconds.
 * @returns What was tried, in words.
 */
export async function race(installation: Installation, durationMs: number): Promise<string> {
  using temp = installation.workDir();
  const canary = new Canary(temp);
  const tree = new RacedTree(temp, canary);
  const before = snapshot(canary.path);
  const swapping = swapAsHermes(installation, durationMs, tree.swaps.map(([path]) => path));
  let ended = false;
  swapping.finally(() => ended = true);
  let runs = 0;
  for (; !ended; runs++) {
    tree.reopen();
    assertRun(await runSupervisePerms(installation, tree), tree.servicedirs);
  }
  const { stdout, stderr } = await swapping;
  assert(Number(stdout) > 0, `nothing was swapped: ${stderr}`);
  assertEquals(snapshot(canary.path), before);
  return `${runs} runs of 015 against ${stdout.trim()} swaps`;
}
