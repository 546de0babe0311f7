import { assert, assertEquals, assertMatch } from "@std/assert";
import { startWaiting } from "../../lib/control/pace.ts";
import { statusBytes, World } from "../explain/_world.ts";
import { fakeBin } from "../_fixtures.ts";
import { exists } from "../_temp.ts";

/** What s6-supervise writes of a service that has been up since now. */
function justUp(): Uint8Array<ArrayBuffer> {
  const bytes = statusBytes(7);
  const seconds = BigInt(Math.floor(Date.now() / 1000) + 37);
  new DataView(bytes.buffer).setBigUint64(0, (1n << 62n) + seconds);
  return bytes;
}

// Notes what is in a slot when s6 is told, and has the gateway up as long as the file `then` says.
const SVC = `for dir; do :; done
cd "$dir" && echo "\${dir##*/}: $(echo *)" >>"$0.calls"
[ ! -e ../then ] || . ../then
cp ../up supervise/status`;

/** Slots that wait, and an s6-svc. */
class Queue extends World {
  readonly warnings: string[] = [];
  readonly #bin = `${this.temp.path}/bin`;

  constructor(...names: string[]) {
    super();
    this.temp.write("scandir/up", statusBytes(7));
    this.svc(SVC);
    for (const name of names) {
      this.slot(name, statusBytes(0, 0));
      for (const file of ["waits", "down"]) this.temp.write(`scandir/gateway-${name}/${file}`);
    }
  }

  svc(body: string): void {
    fakeBin(this.#bin, { "s6-svc": body });
  }

  /** Has this done, in the slot, when one is told to start. */
  then(script: string): void {
    this.temp.write("scandir/then", `${script}\n`);
  }

  start(parallel: number, timeoutMs = 5000): Promise<number> {
    const { path, scandir } = this.home;
    const warn = (message: string) => void this.warnings.push(message);
    return startWaiting({ home: path, scandir, parallel, bin: this.#bin, timeoutMs, warn });
  }

  /** Those that were started, in order. */
  started(): string[] {
    return this.calls().map((call) => /^gateway-(\S+):/.exec(call)?.[1] ?? call);
  }

  calls(): string[] {
    const path = `${this.#bin}/s6-svc.calls`;
    return exists(path) ? Deno.readTextFileSync(path).trimEnd().split("\n") : [];
  }

  /** Which of a slot's two marks are there. */
  marks(name: string): string[] {
    return ["down", "waits"].filter((file) => exists(`${this.home.slot(name)}/${file}`));
  }
}

Deno.test("startWaiting() starts default first, then by name, and nobody who does not wait", async () => {
  using queue = new Queue("b", "default", "a", "c");
  queue.slot("still", statusBytes(0, 0));
  assertEquals(await queue.start(2), 4);
  assertEquals(queue.started(), ["default", "a", "b", "c"]);
  assertEquals(["a", "b", "c", "default"].flatMap((name) => queue.marks(name)), []);
  assertEquals([await queue.start(2), queue.warnings], [0, []]);
});

Deno.test("startWaiting() removes down, then tells s6, and only then forgets that one waits", async () => {
  using queue = new Queue("a");
  await queue.start(1);
  assertEquals(queue.calls(), ["gateway-a: log supervise waits"]);
});

Deno.test("startWaiting() goes on where who was killed has left off", async () => {
  using queue = new Queue("a", "b");
  Deno.removeSync(`${queue.home.slot("a")}/down`);
  assertEquals(await queue.start(5), 2);
  assertEquals(queue.started(), ["a", "b"]);
});

Deno.test("startWaiting() starts the next ones when each of these has been up for a second", async () => {
  using queue = new Queue("a", "b", "c");
  Deno.writeFileSync(`${queue.home.scandir}/up`, justUp());
  // c comes only when both are a second old: date tells, s6-svc's clock is the same.
  queue.then('date +%s >>"$0.times"');
  await queue.start(2);
  const [a, b, c] = Deno.readTextFileSync(`${queue.temp.path}/bin/s6-svc.times`).trim().split("\n")
    .map(Number);
  assert(b! - a! <= 1 && c! - a! >= 1, `${[a, b, c]}`);
});

Deno.test("startWaiting() waits for no gateway that has died, was stopped or is gone", async () => {
  for (
    const script of [
      "head -c 14 /dev/zero >supervise/death_tally",
      ": >down",
      'cd / && rm -r "$dir" && exit 0',
    ]
  ) {
    using queue = new Queue("a", "b");
    Deno.writeFileSync(`${queue.home.scandir}/up`, statusBytes(0, 0));
    queue.then(script);
    const startedAt = performance.now();
    await queue.start(1, 30_000);
    assert(performance.now() - startedAt < 10_000, script);
    assertEquals([queue.started(), queue.warnings], [["a", "b"], []], script);
  }
});

Deno.test("startWaiting() waits for no gateway longer than told, and says so", async () => {
  using queue = new Queue("a", "b");
  Deno.writeFileSync(`${queue.home.scandir}/up`, statusBytes(0, 4));
  assertEquals(await queue.start(1, 100), 2);
  assertEquals(queue.warnings, [
    "profile=a: not up after 0.1 s; the next ones are started",
    "profile=b: not up after 0.1 s; the next ones are started",
  ]);
});

Deno.test("startWaiting() leaves alone whom somebody has started, stopped or unregistered meanwhile", async () => {
  using queue = new Queue("a", "b", "c", "d", "e");
  queue.then(
    "rm -f ../gateway-b/waits ../gateway-b/down ../gateway-c/waits; rm -rf ../gateway-d",
  );
  assertEquals(await queue.start(1), 2);
  assertEquals([queue.started(), queue.marks("c")], [["a", "e"], ["down"]]);
});

Deno.test("startWaiting() leaves alone whom hermes was asked to stop since the boot, and nobody who was stopped before", async () => {
  using queue = new Queue("a", "b", "default");
  const now = Date.now() / 1000;
  queue.home.add("a", JSON.stringify({ desired_state: "stopped", updated_at: now + 5 }));
  queue.home.add("b", JSON.stringify({ gateway_state: "stopped", updated_at: now + 5 }));
  // Such as one that others want to run.
  queue.home.add("default", JSON.stringify({ desired_state: "stopped", updated_at: now - 5 }));
  assertEquals(await queue.start(1), 2);
  assertEquals([queue.started(), queue.marks("a")], [["default", "b"], ["down"]]);
});

Deno.test("startWaiting() leaves to s6-svscan what it has not come to in time", async () => {
  using queue = new Queue("a", "b");
  Deno.removeSync(`${queue.home.slot("a")}/supervise/status`);
  assertEquals(await queue.start(1, 100), 1);
  assertEquals([queue.started(), queue.marks("a")], [["b"], []]);
  assertEquals(queue.warnings, ["profile=a: not supervised; it starts when it is"]);
});

Deno.test("startWaiting() goes on where s6 cannot be told", async () => {
  using queue = new Queue("a", "b");
  queue.svc("echo 's6-svc: fatal: no' >&2; exit 111");
  assertEquals(await queue.start(1), 0);
  assertEquals([queue.marks("a"), queue.marks("b"), queue.warnings.length], [[], [], 2]);
  assertMatch(queue.warnings[0] ?? "", /^profile=a: not started: .*no$/);
});
