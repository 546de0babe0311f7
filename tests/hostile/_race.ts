import { assert, assertEquals, assertMatch } from "@std/assert";
import { SUPERVISE_PERMS } from "../../lib/image/stages.ts";
import { mkfifo } from "../_fixtures.ts";
import { modeOf, type Outcome, run, runSync, snapshot, type TempDir } from "../_temp.ts";
import { asHermes, HERMES, type Installation } from "./_install.ts";
import { addScandir, addService, Canary, giveToHermes } from "./_static_tree.ts";

// Runs as hermes: swaps each entry with its decoy in one step and back, as
// fast as it can, and sets its own entries' modes wrong in between, so that
// there is always something to set right.
const SWAPPER = `
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

/** How many services of a kind: 015 looks at each only for a moment. */
const COUNT = 12;

interface Swap {
  path: string;
  /** Where the decoy, a symlink, leads. */
  to: string;
}

/** A tree in which hermes can swap much of what 015 looks at, and its places. */
class RacedTree {
  readonly servicedirs: string;
  readonly scandir: string;
  readonly swaps: Swap[] = [];
  readonly #temp: TempDir;
  readonly #canary: string;

  constructor(temp: TempDir, { path }: Canary) {
    this.#temp = temp;
    this.#canary = path;
    this.servicedirs = temp.mkdir("servicedirs");
    this.scandir = addScandir(temp, "scandir");
    addService(temp, "servicedirs/good");
    this.#swapEvent("servicedirs/own", giveToHermes);
    this.#swapSupervise("servicedirs/whole");
    for (let i = 0; i < COUNT; i++) {
      this.#swapEvent(`servicedirs/sticky${i}`, (dir) => Deno.chmodSync(dir, 0o1777));
      this.#swapControl(`servicedirs/supervise${i}`);
    }
    this.#swapScandir();
  }

  /** Where hermes owns `event/` and can rename it. */
  #swapEvent(path: string, open: (dir: string) => void): void {
    const dir = addService(this.#temp, path);
    giveToHermes(`${dir}/event`);
    open(dir);
    this.swaps.push({ path: `${dir}/event`, to: `${this.#canary}/service` });
  }

  /** Where hermes owns `supervise/control` and can rename it. */
  #swapControl(path: string): void {
    const dir = addService(this.#temp, path);
    giveToHermes(`${dir}/supervise/control`);
    Deno.chmodSync(`${dir}/supervise`, 0o1777);
    this.swaps.push({ path: `${dir}/supervise/control`, to: `${this.#canary}/file` });
  }

  /** Where hermes owns the service directory: it can swap all of `supervise/`. */
  #swapSupervise(path: string): void {
    const dir = addService(this.#temp, path);
    giveToHermes(dir);
    this.swaps.push({ path: `${dir}/supervise`, to: `${this.#canary}/service/supervise` });
  }

  /** A scandir as 015 leaves it; hermes tries root's `.s6-svscan` and adds its own entries. */
  #swapScandir(): void {
    Deno.chownSync(this.scandir, 0, HERMES.gid);
    Deno.chmodSync(this.scandir, 0o1775);
    mkfifo(`${this.scandir}/.hermes`);
    giveToHermes(`${this.scandir}/.hermes`);
    this.swaps.push({ path: `${this.scandir}/.s6-svscan`, to: `${this.#canary}/svscan` });
    this.swaps.push({ path: `${this.scandir}/.hermes`, to: `${this.#canary}/file` });
  }

  /** Makes the decoys hermes's: in a sticky directory nobody else's can be renamed. */
  plantDecoys(): void {
    const decoys = this.swaps.map(({ path, to }) => {
      Deno.symlinkSync(to, `${path}.decoy`);
      return `${path}.decoy`;
    });
    runSync("chown", "-h", `${HERMES.uid}:${HERMES.gid}`, ...decoys);
  }

  /** Undoes what would keep hermes out after a run that was fooled. */
  reopen(): void {
    for (let i = 0; i < COUNT; i++) {
      Deno.chmodSync(`${this.servicedirs}/supervise${i}/supervise`, 0o1777);
    }
  }

  /** 015's own arguments. */
  arguments(): string[] {
    return [
      `--servicedirs=${this.servicedirs}`,
      `--scandir=${this.scandir}`,
      `--owner=${HERMES.uid}:${HERMES.gid}`,
    ];
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
  tree.plantDecoys();
  const before = snapshot(canary.path);
  const [program, ...args] = asHermes(
    ...[installation.deno, "eval", "--no-config", "--ext=js", SWAPPER],
    ...[String(durationMs), ...tree.swaps.map(({ path }) => path)],
  );
  const swapping = run(program, {
    args,
    env: installation.env(),
    cwd: "/",
    timeoutMs: durationMs + 10_000,
  });
  let ended = false;
  swapping.finally(() => ended = true);
  let runs = 0;
  for (; !ended; runs++) {
    tree.reopen();
    const args = tree.arguments();
    assertRun(await installation.run(SUPERVISE_PERMS, tree, { args }), tree.servicedirs);
  }
  const { stdout, stderr } = await swapping;
  assert(Number(stdout) > 0, `nothing was swapped: ${stderr}`);
  assertEquals(snapshot(canary.path), before);
  return `${runs} runs of 015 against ${stdout.trim()} swaps`;
}
