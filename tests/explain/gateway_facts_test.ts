import { assert, assertEquals } from "@std/assert";
import { NO_SLOT, readSlot, type SlotFacts } from "../../lib/explain/gateway_facts.ts";
import { listDirectory } from "../../lib/_fs.ts";
import { type Processes, supervisorsOf } from "../../lib/s6/processes.ts";
import { ME, processes, statusBytes, World } from "./_world.ts";

const TREE = {
  5: [1, "S", "s6-supervise", "gateway-coder"],
  6: [5, "S", "hermes"],
  7: [1, "S", "s6-supervise", "gateway-coder/log"],
  8: [7, "S", "s6-log", "1"],
} as const;
type Tree = Parameters<typeof processes>[0];

function read({ temp, home: { scandir } }: World, tree: Tree | Processes = TREE): SlotFacts {
  const found = "all" in tree ? tree as Processes : processes(tree as Tree);
  const logDir = temp.mkdir("home/logs/gateways/coder");
  const look = { processes: found, supervisors: supervisorsOf(found) };
  return readSlot("coder", { scandir, logDir, hermes: ME }, {
    ...look,
    entries: listDirectory(scandir),
  });
}

/** A slot whose gateway is 6 and whose logger is 8. */
function world(): World {
  const made = new World();
  made.slot("coder", statusBytes(6), statusBytes(8));
  return made;
}

Deno.test("readSlot() finds a gateway and a logger that are at work", () => {
  using made = world();
  made.temp.write("scandir/gateway-coder/supervise/death_tally", new Uint8Array(28));
  const { status, logger, ...facts } = read(made);
  assertEquals([status?.up, status?.wantedUp, status?.pid], [true, true, 6]);
  assertEquals([logger.supervisor, logger.frozen, logger.status?.pid], ["alive", false, 8]);
  assertEquals(facts, {
    ...{ supervisor: "alive", supervisorPid: 5, frozen: false, doubles: [] },
    ...{ servicedir: made.home.slot("coder"), slot: "directory", unregistered: false, deaths: 2 },
    waiting: false,
    logProblem: undefined,
  });
});

Deno.test("readSlot() tells that a gateway waits, but not of one that somebody has started meanwhile", () => {
  using made = world();
  made.temp.write("scandir/gateway-coder/waits");
  assertEquals(read(made).waiting, false);
  made.slot("coder", statusBytes(0, 0));
  assertEquals(read(made).waiting, true);
});

Deno.test("readSlot() tells what is frozen: the gateway, the logger, or what supervises them", () => {
  using made = world();
  const frozen = (pid: keyof typeof TREE) => {
    const [ppid, , ...args] = TREE[pid];
    return read(made, { ...TREE, [pid]: [ppid, "T", ...args] });
  };
  assertEquals([frozen(6).frozen, frozen(6).supervisor], [true, "alive"]);
  assertEquals([frozen(5).frozen, frozen(5).supervisor], [false, "frozen"]);
  assertEquals(frozen(8).logger.frozen, true);
  assertEquals([frozen(7).logger.supervisor, frozen(7).logger.supervisorPid], ["frozen", 7]);
});

Deno.test("readSlot() believes no status that nobody keeps", () => {
  using made = world();
  const { 5: _, ...unsupervised } = TREE;
  const facts = read(made, unsupervised);
  assertEquals([facts.supervisor, facts.status], ["none", null]);
  // 6 is somebody else by now.
  const stale = read(made, { ...TREE, 6: [1, "S", "sleep"] });
  assertEquals([stale.supervisor, stale.status], ["alive", null]);
  // It runs, and for too long to be a finish script.
  made.slot("coder", statusBytes(0));
  const after = (seconds: number) => {
    const { all, ...others } = processes(TREE);
    return read(made, { all, ...others, uptimeSeconds: all.get(6)!.startSeconds + seconds });
  };
  assertEquals([after(5).status?.up, after(7).status], [false, null]);
});

Deno.test("readSlot() believes the status where nobody could look", () => {
  using made = world();
  const facts = read(made, {});
  assertEquals([facts.supervisor, facts.status?.pid, facts.doubles], ["unknown", 6, []]);
});

Deno.test("readSlot() finds the gateway that a second s6-supervise runs, whichever comes first", () => {
  using made = world();
  const second = {
    3: [1, "S", "s6-supervise", "gateway-coder"],
    4: [3, "S", "hermes"],
  } as const;
  const facts = read(made, { ...second, ...TREE });
  assertEquals([facts.supervisorPid, facts.status?.pid, facts.doubles], [5, 6, [4]]);
});

Deno.test("readSlot() finds a log that cannot be written, of a gateway that is up", () => {
  using made = world();
  made.temp.mkdir("home/logs/gateways/coder", 0o555);
  const { scandir } = made.home;
  const tree = processes(TREE);
  const look = {
    ...{ processes: tree, supervisors: supervisorsOf(tree), entries: listDirectory(scandir) },
  };
  const places = { scandir, logDir: `${made.home.path}/logs/gateways/coder`, hermes: ME };
  assert(readSlot("coder", places, look).logProblem !== undefined);
  made.slot("coder", statusBytes(0, 0));
  assertEquals(readSlot("coder", places, look).logProblem, undefined);
});

Deno.test("readSlot() finds that there is no slot, something else, or that it was taken away", () => {
  using made = new World();
  const { path, slot } = { path: made.home.slot("coder"), slot: () => read(made) };
  assertEquals(slot(), { ...NO_SLOT, servicedir: path });
  made.temp.write("scandir/.hermes/unregistered-gateway-coder");
  assertEquals(slot().unregistered, true);
  made.temp.write("scandir/gateway-coder");
  assertEquals(slot().slot, "other");
});
