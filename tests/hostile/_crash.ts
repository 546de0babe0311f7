import { assert, assertEquals } from "@std/assert";
import { recordDesiredState } from "../../lib/profile/desired_state.ts";
import { renderSlot, type SlotDefaults } from "../../lib/slot/render.ts";
import { lockScandir } from "../../lib/slot/scandir.ts";
import {
  assertWholeSlot,
  fakeBin,
  Home,
  reconcile,
  RUNNING,
  runScript,
  STOPPED,
  visible,
} from "../_fixtures.ts";
import { until } from "../container/until.ts";
import { exists, runSync, type TempDir, writeFile } from "../_temp.ts";
import type { Stepped } from "./_stepper.ts";

const OLD_RUN = renderSlot({ profile: "old", home: "/old" }).run;

/** The names of some profiles, the root profile's first. */
function profileNames(count: number): string[] {
  return ["default", ...Array.from({ length: count - 1 }, (_, i) => `p${i}`)];
}

/** Fills a home; every other profile was running, or if flipped every other one. */
function addProfiles(home: Home, names: readonly string[], flipped = false): void {
  for (const [index, name] of names.entries()) {
    home.add(name, (index % 2 === 0) === flipped ? STOPPED : RUNNING);
  }
}

/** A slot that is being refreshed may hold a file beside the one it replaces. */
function assertHasWholeSlot(dir: string): void {
  const copy = `${dir}.copy`;
  runSync("cp", "-a", dir, copy);
  runSync("find", copy, "-name", "*.new", "-delete");
  assertWholeSlot(copy, { down: exists(`${dir}/down`) });
  Deno.removeSync(copy, { recursive: true });
}

/** Whatever is published is whole. */
function assertNoHalfSlots(home: Home): void {
  for (const name of exists(home.scandir) ? visible(home.scandir) : []) {
    assert(name.startsWith("gateway-"), name);
    const dir = `${home.scandir}/${name}`;
    assertHasWholeSlot(dir);
    const { run } = renderSlot({
      profile: name.slice("gateway-".length),
      home: home.path,
      multiplex: false,
    });
    assert([run, OLD_RUN].includes(Deno.readTextFileSync(`${dir}/run`)), `${dir}/run is torn`);
  }
}

/** The suite's own directory holds nothing that a killed run has left, or not for longer than its mkfifo lives. */
async function assertSwept(home: Home): Promise<void> {
  await until("what a killed run has left is gone", async () => {
    const own = [...Deno.readDirSync(`${home.scandir}/.hermes`)].map(({ name }) => name);
    if (!own.some((name) => name.startsWith("staging-"))) {
      assertEquals(own.filter((name) => !/^(last-boot\.json|unregistered-.*)$/.test(name)), [
        "lock",
      ]);
      return true;
    }
    (await lockScandir(home.scandir))[Symbol.dispose]();
  });
}

/** The next pass leaves exactly what an undisturbed one would. */
async function assertConverges(
  home: Home,
  names: readonly string[],
  defaults: SlotDefaults = {},
): Promise<void> {
  const { actions, warnings } = await reconcile(home, { defaults });
  assertEquals(warnings, []);
  assertEquals(actions.map(({ profile }) => profile), [...names].sort());
  assertEquals(visible(home.scandir), names.map((name) => `gateway-${name}`).sort());
  for (const { profile, action } of actions) {
    assert(action !== "skipped", profile);
    assertWholeSlot(home.slot(profile), { down: action === "registered", drops: defaults.drops });
    const { run } = renderSlot({ ...defaults, profile, home: home.path, multiplex: false });
    assertEquals(Deno.readTextFileSync(`${home.slot(profile)}/run`), run);
  }
  await assertSwept(home);
}

const reconciling = (defaults: SlotDefaults) => `
import { reconcileProfileGateways } from "../lib/boot/reconcile.ts";
await reconcileProfileGateways({
  home: dir + "/home", scandir: dir + "/scandir", defaults: ${JSON.stringify(defaults)},
});
`;
const RECONCILE = reconciling({});

/** A reconcile that makes every slot. */
export function firstReconcile(count: number, defaults: SlotDefaults = {}): Stepped {
  const names = profileNames(count);
  return {
    script: reconciling(defaults),
    prepare: (temp) => addProfiles(new Home(temp), names),
    async verify(temp) {
      const home = new Home(temp);
      for (const name of exists(home.scandir) ? visible(home.scandir) : []) {
        const index = names.indexOf(name.slice("gateway-".length));
        const down = index % 2 !== 0;
        assertWholeSlot(`${home.scandir}/${name}`, { down, drops: defaults.drops });
      }
      await assertConverges(home, names, defaults);
    },
  };
}

/** A reconcile that finds every slot in need of a change, and is undone by the next. */
export function secondReconcile(count: number): Stepped {
  const names = profileNames(count);
  return {
    script: RECONCILE,
    async prepare(temp) {
      const home = new Home(temp);
      addProfiles(home, names);
      await assertConverges(home, names);
      for (const name of names) writeFile(`${home.slot(name)}/run`, OLD_RUN, 0o755);
      addProfiles(home, names, true);
    },
    async verify(temp) {
      const home = new Home(temp);
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

/** A script in which `manager` does something. */
const managed = (call: string) => `
import { S6ServiceManager } from "../lib/control/manager.ts";
const manager = new S6ServiceManager({
  home: dir + "/home", scandir: dir + "/scandir", bin: dir + "/bin",
});
await manager.${call};
`;

async function prepareManaged(temp: TempDir, names: readonly string[]): Promise<void> {
  const home = new Home(temp);
  fakeBin(`${temp.path}/bin`, S6);
  addProfiles(home, names);
  await reconcile(home);
}

function assertManaged(home: Home, others: readonly string[]): void {
  assertNoHalfSlots(home);
  for (const name of others) assert(exists(home.slot(name)), `${name} has lost its slot`);
}

/** A call of the manager's beside slots that stay, and what completes it. */
function manage(
  call: string,
  names: readonly string[],
  { stays, next, gives }: {
    stays: readonly string[];
    next: (home: Home) => string;
    gives: readonly string[];
  },
): Stepped {
  return {
    script: managed(call),
    prepare: (temp) => prepareManaged(temp, names),
    async verify(temp) {
      const home = new Home(temp);
      assertManaged(home, stays);
      const { code, stderr } = await runScript(
        `const dir = ${JSON.stringify(temp.path)}; ${managed(next(home))}`,
      );
      assertEquals(code, 0, stderr);
      assertManaged(home, stays);
      assertEquals(visible(home.scandir), gives.map((name) => `gateway-${name}`).sort());
      await assertSwept(home);
    },
  };
}

/** A registration beside slots that are there. */
export function register(count: number): Stepped {
  const names = profileNames(count);
  const call = 'registerProfileGateway("late")';
  return manage(call, names, {
    stays: names,
    next: (home) => exists(home.slot("late")) ? "reapRetired()" : call,
    gives: [...names, "late"],
  });
}

/** The end of a registration beside slots that stay. */
export function unregister(count: number): Stepped {
  const names = profileNames(count);
  const call = 'unregisterProfileGateway("p0")';
  const stays = names.filter((name) => name !== "p0");
  return manage(call, names, { stays, next: () => call, gives: stays });
}

/** Long enough for a torn write to show. */
const KEPT = "k".repeat(20_000);

function stateIn(temp: TempDir): Record<string, unknown> {
  return JSON.parse(Deno.readTextFileSync(`${temp.path}/gateway_state.json`));
}

/** A recording of what is wanted of a gateway that replaces an older one. */
export const RECORD_DESIRED_STATE: Stepped = {
  script: `
import { recordDesiredState } from "../lib/profile/desired_state.ts";
recordDesiredState(dir, "stopped", new Date());
`,
  prepare(temp) {
    temp.write("gateway_state.json", JSON.stringify({ kept: KEPT, desired_state: "running" }));
  },
  verify(temp) {
    const state = stateIn(temp);
    assertEquals(state["kept"], KEPT);
    assert(["running", "stopped"].includes(String(state["desired_state"])));
    recordDesiredState(temp.path, "stopped", new Date(0));
    assertEquals(stateIn(temp), { kept: KEPT, desired_state: "stopped", updated_at: 0 });
    assert(!exists(`${temp.path}/gateway_state.json.new`));
  },
};

// Kills who runs it, and goes on making what it was told to make, again and again.
const ORPHAN = `shift 3; : >"$0.alive"; kill -9 "$PPID"
while [ ! -e "$0.stop" ]; do for path; do true >"$path"; done; done 2>/dev/null
rm "$0.alive"`;

/** Has a reconcile killed whose mkfifo goes on, and looks at those that come after it. */
export async function killBesideMkfifo(temp: TempDir): Promise<void> {
  const home = new Home(temp);
  addProfiles(home, profileNames(4));
  fakeBin(`${temp.path}/bin`, { mkfifo: ORPHAN });
  const program = `${temp.path}/bin/mkfifo`;
  const { code } = await runScript(`
    const dir = ${JSON.stringify(temp.path)};
    const Command = Deno.Command;
    Deno.Command = class extends Command {
      constructor(_, options) {
        super(dir + "/bin/mkfifo", options);
      }
    };
    ${RECONCILE}`);
  assertEquals(code, 128 + 9);
  try {
    for (let count = 4; count < 10; count++) {
      const names = profileNames(count);
      addProfiles(home, names);
      assert(exists(`${program}.alive`), "mkfifo has ended");
      const { actions, warnings } = await reconcile(home);
      assertEquals(warnings, []);
      for (const { profile, action } of actions) {
        assertWholeSlot(home.slot(profile), { down: action === "registered" });
      }
      assertEquals(visible(home.scandir), names.map((name) => `gateway-${name}`).sort());
    }
  } finally {
    Deno.writeTextFileSync(`${program}.stop`, "");
    await until("mkfifo ends", () => Promise.resolve(!exists(`${program}.alive`)));
  }
  await reconcile(home);
  await assertSwept(home);
}
