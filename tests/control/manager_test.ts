import { assertEquals, assertLess, assertRejects } from "@std/assert";
import {
  GatewayNotRegisteredError,
  GatewayRegisteredError,
  NoRoomError,
  S6CommandError,
  S6ServiceManager,
  S6TimeoutError,
} from "../../mod.ts";
import { fakeBin, visible } from "../_fixtures.ts";
import { exists, snapshot, TempDir } from "../_temp.ts";

// A supervision tree of shell scripts: a file `alive` stands for a supervisor,
// a file `up` for a process. $dir is the last argument.
const LAST = 'for dir; do :; done; echo "$(basename "$0") $*" >>"$(dirname "$0")/calls"\n';
const S6 = {
  "s6-svscanctl": `cd "$dir" || exit 100
case $1 in
  -a) for d in gateway-*; do
    [ -d "$d" ] && [ ! -e "$d/alive" ] || continue
    touch "$d/alive" "$d/log/alive"; [ -e "$d/down" ] || touch "$d/up"
  done ;;
  -an) for d in .hermes/retired-*; do rm -f "$d/alive" "$d/log/alive" "$d/up"; done ;;
esac`,
  "s6-svok": '[ -e "$dir/alive" ]',
  "s6-svc": `[ -e "$dir/alive" ] || exit 100
for option; do
  case $option in -d | -dk) rm -f "$dir/up" ;; -u | -du) touch "$dir/up" ;; esac
done`,
  "s6-svstat": `[ -e "$dir/alive" ] || exit 1
if [ -e "$dir/up" ]; then echo true true 7 -1 NA 5; else echo false false -1 0 NA 5; fi`,
} as const;

// What a program does that finds another process unregistering the slot.
const GOES = 'mkdir -p "$dir/../.gone" && mv "$dir" "$dir/../.gone/$$"; exit 100';

class Tree implements Disposable {
  readonly #temp = new TempDir();
  readonly scandir = this.#temp.mkdir("scandir");
  readonly home = this.#temp.mkdir("home");
  readonly warnings: string[] = [];
  readonly #bin = `${this.#temp.path}/bin`;

  constructor() {
    this.#temp.mkdir("home/profiles/coder");
    this.put(S6);
  }

  /** Replaces programs. */
  put(bodies: Readonly<Partial<Record<keyof typeof S6, string>>>): void {
    const scripts = Object.entries(bodies).map(([name, body]) => [name, LAST + body]);
    fakeBin(this.#bin, Object.fromEntries(scripts));
  }

  manager(timeoutMs = 5000, max?: number): S6ServiceManager {
    const { home, scandir } = this;
    const capacity = max === undefined ? max : { scandir, max, countsLoggers: true };
    const warn = (message: string) => void this.warnings.push(message);
    return new S6ServiceManager({ home, scandir, bin: this.#bin, timeoutMs, capacity, warn });
  }

  /** The calls of a program so far, with `.` for the scandir. */
  calls(program: keyof typeof S6): string[] {
    const text = Deno.readTextFileSync(`${this.#bin}/calls`).replaceAll(this.scandir, ".");
    return text.trimEnd().split("\n").filter((call) => call.startsWith(`${program} `));
  }

  /** What stands in the coder's gateway_state.json. */
  desired(): unknown {
    const text = Deno.readTextFileSync(`${this.home}/profiles/coder/gateway_state.json`);
    return JSON.parse(text).desired_state;
  }

  [Symbol.dispose](): void {
    this.#temp[Symbol.dispose]();
  }
}

Deno.test("S6ServiceManager takes a gateway through its life", async () => {
  using tree = new Tree();
  const manager = tree.manager();
  const slot = `${tree.scandir}/gateway-coder`;
  const seen = async () => [(await manager.status("coder")).up, exists(`${slot}/down`)];
  await manager.registerProfileGateway("coder", { startNow: false });
  assertEquals(await seen(), [false, true]);
  await manager.start("coder");
  assertEquals([...await seen(), tree.desired()], [true, false, "running"]);
  const { profile, pid, seconds, deaths } = await manager.status("coder");
  assertEquals([profile, pid, seconds, deaths], ["coder", 7, 5, 0]);
  await manager.stop("coder");
  assertEquals([...await seen(), tree.desired()], [false, true, "stopped"]);
  await manager.restart("coder");
  assertEquals([...await seen(), tree.desired()], [true, false, "running"]);
  await manager.unregisterProfileGateway("coder");
  assertEquals([visible(tree.scandir), tree.warnings], [[], []]);
});

Deno.test("start(), stop() and restart() wait for what they want, or do not", async () => {
  using tree = new Tree();
  const manager = tree.manager(4321);
  await manager.registerProfileGateway("coder");
  for (const wait of [true, false]) {
    await manager.start("coder", { wait });
    await manager.stop("coder", { wait });
    await manager.restart("coder", { wait });
    await manager.restart("coder", { wait });
  }
  const svc = (...options: string[]) => ["s6-svc -T 4321", ...options, "./gateway-coder"].join(" ");
  assertEquals(tree.calls("s6-svc"), [
    svc("-wu", "-u"),
    svc("-wD", "-d"),
    ...[svc("-wD", "-d"), svc("-wu", "-u")], // a restart of what is down, or only said to be
    svc("-wD", "-du"),
    svc("-wu", "-u"),
    svc("-u"),
    svc("-d"),
    ...[svc("-wD", "-d"), svc("-u")],
    svc("-du"),
  ]);
});

Deno.test("registerProfileGateway() refuses what exists, whatever it is", async () => {
  using tree = new Tree();
  const manager = tree.manager();
  await manager.registerProfileGateway("coder");
  Deno.symlinkSync("/nowhere", `${tree.scandir}/gateway-link`);
  Deno.writeTextFileSync(`${tree.scandir}/gateway-file`, "");
  const before = snapshot(tree.scandir);
  for (const profile of ["coder", "link", "file"]) {
    const register = () => manager.registerProfileGateway(profile);
    await assertRejects(register, GatewayRegisteredError, profile);
  }
  assertEquals(snapshot(tree.scandir), before);
});

Deno.test("registerProfileGateway() takes the slot back when s6-svscan cannot be told", async () => {
  using tree = new Tree();
  const manager = tree.manager(200);
  await manager.registerProfileGateway("writer");
  const before = snapshot(tree.scandir);
  tree.put({ "s6-svscanctl": "sleep 9" });
  await assertRejects(() => manager.registerProfileGateway("coder"), S6TimeoutError);
  assertEquals(snapshot(tree.scandir), before);
});

Deno.test("registerProfileGateway() that is unregistered meanwhile says so, at once", async () => {
  using tree = new Tree();
  tree.put({ "s6-svscanctl": `dir=$dir/gateway-coder; (${GOES}); exit 0` });
  const start = performance.now();
  const register = () => tree.manager(60_000).registerProfileGateway("coder");
  await assertRejects(register, GatewayNotRegisteredError, "coder");
  assertLess(performance.now() - start, 10_000);
});

for (const method of ["start", "stop", "restart", "status"] as const) {
  Deno.test(`${method}() says that a slot went meanwhile, and passes on what s6 says of one that is there`, async () => {
    using tree = new Tree();
    const manager = tree.manager();
    await manager.registerProfileGateway("coder");
    tree.put({ "s6-svc": "exit 111", "s6-svstat": "exit 111" });
    const error = await assertRejects(() => manager[method]("coder"), S6CommandError);
    assertEquals([error.exitCode, error.service], [111, "gateway-coder"]);
    tree.put({ "s6-svc": GOES, "s6-svstat": GOES });
    await assertRejects(() => manager[method]("coder"), GatewayNotRegisteredError, "coder");
  });
}

Deno.test("unregisterProfileGateway() is fine with a slot that goes meanwhile", async () => {
  using tree = new Tree();
  const manager = tree.manager();
  await manager.registerProfileGateway("coder");
  tree.put({ "s6-svc": GOES });
  await manager.unregisterProfileGateway("coder");
  assertEquals(visible(tree.scandir), []);
});

Deno.test("unregisterProfileGateway() kills what does not go down in time, and warns", async () => {
  using tree = new Tree();
  const manager = tree.manager(1234);
  await manager.registerProfileGateway("coder");
  tree.put({ "s6-svc": 'case "$*" in *-dk*) ;; *) exit 99 ;; esac' });
  await manager.unregisterProfileGateway("coder");
  assertEquals(tree.warnings, ["profile=coder: not down within 1234 ms: killing it"]);
  assertEquals(tree.calls("s6-svc"), [
    "s6-svc -T 1234 -wD -d ./gateway-coder",
    "s6-svc -T 1234 -wD -dk ./gateway-coder",
  ]);
  assertEquals(visible(tree.scandir), []);
});

Deno.test("unregisterProfileGateway() keeps the slot of a gateway that cannot be killed", async () => {
  using tree = new Tree();
  const manager = tree.manager();
  await manager.registerProfileGateway("coder");
  tree.put({ "s6-svc": "exit 99" });
  await assertRejects(() => manager.unregisterProfileGateway("coder"), S6TimeoutError);
  assertEquals(visible(tree.scandir), ["gateway-coder"]);
});

Deno.test("listProfileGateways() lists slots of legal names, in order, and none without a scandir", async () => {
  using tree = new Tree();
  for (const name of ["gateway-b", "gateway-a", "gateway-C", "gateway-", "coder", ".gateway-d"]) {
    Deno.mkdirSync(`${tree.scandir}/${name}`);
  }
  Deno.writeTextFileSync(`${tree.scandir}/gateway-file`, "");
  assertEquals(await tree.manager().listProfileGateways(), ["a", "b"]);
  Deno.removeSync(tree.scandir, { recursive: true });
  assertEquals(await tree.manager().listProfileGateways(), []);
});

Deno.test("registerProfileGateway() refuses one gateway too many, and leaves the scandir as it was", async () => {
  using tree = new Tree();
  const manager = tree.manager(5000, 3);
  await manager.registerProfileGateway("coder");
  const before = snapshot(tree.scandir);
  const refused = () => manager.registerProfileGateway("writer");
  await assertRejects(refused, NoRoomError, "at most 3 services and loggers");
  assertEquals(snapshot(tree.scandir), before);
  await assertRejects(() => manager.registerProfileGateway("coder"), GatewayRegisteredError);
  await manager.unregisterProfileGateway("coder");
  await manager.registerProfileGateway("writer");
});
