import { assert, assertEquals } from "@std/assert";
import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
import { renderSlot } from "../../lib/slot/render.ts";
import { RECONCILE_PROFILES } from "../../lib/image/stages.ts";
import {
  assertWholeSlot,
  fakeBin,
  Home,
  RUNNING,
  runScript,
  STOPPED,
  visible,
} from "../_fixtures.ts";
import { exists, runSync, type TempDir, writeFile } from "../_temp.ts";
import { asHermes, HERMES, type Installation } from "./_install.ts";
import type { Stepped } from "./_stepper.ts";

const OLD_RUN = renderSlot({ profile: "old", home: "/old" }).run;

/** The names of some profiles, the root profile's first. */
export function profileNames(count: number): string[] {
  return ["default", ...Array.from({ length: count - 1 }, (_, i) => `p${i}`)];
}

/** Fills a home; every other profile was running, or if flipped every other one. */
export function addProfiles(home: Home, names: readonly string[], flipped = false): void {
  for (const [index, name] of names.entries()) {
    home.add(name, (index % 2 === 0) === flipped ? STOPPED : RUNNING);
  }
}

/** A slot that is being refreshed may hold a file beside the one it replaces. */
function assertHasWholeSlot(dir: string, uid: number): void {
  const down = exists(`${dir}/down`);
  const beside = [dir, `${dir}/log`].flatMap((path) =>
    [...Deno.readDirSync(path)].filter(({ name }) => name.endsWith(".new"))
  );
  if (beside.length === 0) return assertWholeSlot(dir, { down, uid });
  const copy = `${dir}.copy`;
  runSync("cp", "-a", dir, copy);
  runSync("find", copy, "-name", "*.new", "-delete");
  assertWholeSlot(copy, { down, uid });
  Deno.removeSync(copy, { recursive: true });
}

/** Whatever is published is whole. */
export function assertNoHalfSlots(home: Home, uid: number = HERMES.uid): void {
  if (!exists(home.scandir)) return;
  for (const name of visible(home.scandir)) {
    assert(name.startsWith("gateway-"), name);
    const dir = `${home.scandir}/${name}`;
    assertHasWholeSlot(dir, uid);
    const profile = name.slice("gateway-".length);
    const { run } = renderSlot({ profile, home: home.path });
    assert([run, OLD_RUN].includes(Deno.readTextFileSync(`${dir}/run`)), `${dir}/run is torn`);
  }
}

/** The next pass leaves exactly what an undisturbed one would. */
export async function assertConverges(home: Home, names: readonly string[]): Promise<void> {
  const warnings: string[] = [];
  const actions = await reconcileProfileGateways({
    home: home.path,
    scandir: home.scandir,
    owner: HERMES,
    warn: (message) => warnings.push(message),
  });
  assertEquals(warnings, []);
  assertEquals(actions.map(({ profile }) => profile), [...names].sort());
  assertEquals(visible(home.scandir), names.map((name) => `gateway-${name}`).sort());
  for (const { profile, action } of actions) {
    assert(action !== "skipped", profile);
    const slot = home.slot(profile);
    assertWholeSlot(slot, { down: action === "registered", uid: HERMES.uid });
    const { run } = renderSlot({ profile, home: home.path });
    assertEquals(Deno.readTextFileSync(`${slot}/run`), run);
  }
  const own = [...Deno.readDirSync(`${home.scandir}/.hermes`)].map(({ name }) => name);
  assertEquals(own.sort(), ["last-boot.json", "lock"]);
}

const RECONCILE = {
  imports: `import { reconcileProfileGateways } from "../lib/boot/reconcile.ts";`,
  script: `await reconcileProfileGateways({
    home: dir + "/home", scandir: dir + "/scandir", owner: ${JSON.stringify(HERMES)},
  });`,
};

const homes = new WeakMap<TempDir, Home>();

function homeIn(temp: TempDir): Home {
  const home = homes.get(temp) ?? new Home(temp);
  homes.set(temp, home);
  return home;
}

/** A reconcile that makes every slot. */
export function firstReconcile(count: number): Stepped {
  const names = profileNames(count);
  return {
    ...RECONCILE,
    prepare: (temp) => addProfiles(homeIn(temp), names),
    async verify(temp) {
      const home = homeIn(temp);
      for (const name of exists(home.scandir) ? visible(home.scandir) : []) {
        const index = names.indexOf(name.slice("gateway-".length));
        assertWholeSlot(`${home.scandir}/${name}`, { down: index % 2 !== 0, uid: HERMES.uid });
      }
      await assertConverges(home, names);
    },
  };
}

/** A reconcile that finds every slot in need of a change, and is undone by the next. */
export function secondReconcile(count: number): Stepped {
  const names = profileNames(count);
  return {
    ...RECONCILE,
    async prepare(temp) {
      const home = homeIn(temp);
      addProfiles(home, names);
      await assertConverges(home, names);
      for (const name of names) writeFile(`${home.slot(name)}/run`, OLD_RUN, 0o755);
      runSync("chown", "-R", `${HERMES.uid}:${HERMES.gid}`, home.scandir);
      addProfiles(home, names, true);
    },
    async verify(temp) {
      const home = homeIn(temp);
      assertNoHalfSlots(home);
      addProfiles(home, names);
      await assertConverges(home, names);
    },
  };
}

// Stands in for s6: whatever is in the scandir is supervised, what has been renamed away is not.
const S6 = {
  "s6-svscanctl": "exit 0",
  "s6-svc": "exit 0",
  "s6-svok": 'case "$1" in */.hermes/*) exit 1 ;; esac; [ -d "$1" ]',
};

const MANAGER = {
  imports: `import { S6ServiceManager } from "../lib/control/manager.ts";`,
  manager: `const manager = new S6ServiceManager({
    home: dir + "/home", scandir: dir + "/scandir", bin: dir + "/bin",
  });`,
};

async function prepareManaged(temp: TempDir, names: readonly string[]): Promise<void> {
  const home = homeIn(temp);
  fakeBin(`${temp.path}/bin`, S6);
  addProfiles(home, names);
  await reconcileProfileGateways({ home: home.path, scandir: home.scandir });
}

async function runManager(temp: TempDir, script: string): Promise<void> {
  const { code, stderr } = await runScript(
    `${MANAGER.imports} const dir = ${JSON.stringify(temp.path)}; ${MANAGER.manager} ${script}`,
  );
  assertEquals(code, 0, stderr);
}

function assertManaged(temp: TempDir, others: readonly string[]): void {
  const home = homeIn(temp);
  assertNoHalfSlots(home, Deno.uid() ?? 0);
  for (const name of others) assert(exists(home.slot(name)), `${name} has lost its slot`);
}

/** A registration beside slots that are there. */
export function register(count: number): Stepped {
  const names = profileNames(count);
  return {
    imports: MANAGER.imports,
    script: `${MANAGER.manager} await manager.registerProfileGateway("late");`,
    prepare: (temp) => prepareManaged(temp, names),
    async verify(temp) {
      assertManaged(temp, names);
      const home = homeIn(temp);
      const next = exists(home.slot("late"))
        ? "manager.reapRetired()"
        : `manager.registerProfileGateway("late")`;
      await runManager(temp, `await ${next};`);
      assertManaged(temp, [...names, "late"]);
      assertEquals([...Deno.readDirSync(`${home.scandir}/.hermes`)].length, 2);
    },
  };
}

/** The end of a registration beside slots that stay. */
export function unregister(count: number): Stepped {
  const names = profileNames(count);
  return {
    imports: MANAGER.imports,
    script: `${MANAGER.manager} await manager.unregisterProfileGateway("p0");`,
    prepare: (temp) => prepareManaged(temp, names),
    async verify(temp) {
      const others = names.filter((name) => name !== "p0");
      assertManaged(temp, others);
      await runManager(temp, `await manager.unregisterProfileGateway("p0");`);
      assertManaged(temp, others);
      const home = homeIn(temp);
      assert(!exists(home.slot("p0")));
      assertEquals([...Deno.readDirSync(`${home.scandir}/.hermes`)].length, 2);
    },
  };
}

function killIfAlive(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has already terminated
  }
}

/** Kills the real stage as hermes after growing delays that cover its whole run. */
export async function killAfterDelays(
  installation: Installation,
  { profiles, rounds }: { profiles: number; rounds: number },
): Promise<{ kills: number; between: number }> {
  const names = profileNames(profiles);
  let wholeMs = 0;
  const tally = { kills: 0, between: 0 };
  for (let round = 0; round <= rounds; round++) {
    using temp = installation.workDir();
    const home = new Home(temp);
    addProfiles(home, names);
    temp.mkdir("scandir");
    runSync("chown", "-R", `${HERMES.uid}:${HERMES.gid}`, home.path, home.scandir);
    const places = { home: home.path, scandir: home.scandir };
    const [program, ...args] = asHermes(...installation.command(RECONCILE_PROFILES, places));
    const startedAt = performance.now();
    const child = new Deno.Command(program, {
      args,
      env: installation.env(places),
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    // The first round is not killed: it tells how long a run takes.
    const delayMs = round === 0 ? 60_000 : wholeMs * round / rounds;
    const timer = setTimeout(() => killIfAlive(child), delayMs);
    const { signal } = await child.status;
    clearTimeout(timer);
    if (round === 0) wholeMs = performance.now() - startedAt;
    if (signal !== null) tally.kills++;
    const published = visible(home.scandir).length;
    if (signal !== null && published > 0 && published < names.length) tally.between++;
    assertNoHalfSlots(home);
    await assertConverges(home, names);
  }
  return tally;
}
