import { assert, assertEquals, assertRejects } from "@std/assert";
import { S6CommandError, S6TimeoutError } from "../../lib/_errors.ts";
import { readDeaths } from "../../lib/s6/status.ts";
import { Supervision } from "../../lib/s6/supervision.ts";
import { fakeBin } from "../_fixtures.ts";
import { exists, TempDir } from "../_temp.ts";

const SERVICE = "gateway-coder";

/** What s6-svok does that says yes from its seventh call on. */
const LATER = '[ "$(grep -c svok $log)" -gt 6 ]';

/** A scandir with one service, and fake programs that note their calls. */
class Tree implements Disposable {
  readonly #temp = new TempDir();
  readonly scandir = this.#temp.mkdir("scandir");
  readonly supervision: Supervision;

  /** `bodies`: what each program does; the others succeed. `$log` is where calls are noted. */
  constructor(bodies: Readonly<Record<string, string>> = {}, timeoutMs = 5000) {
    this.#temp.mkdir(`scandir/${SERVICE}/log`);
    this.#temp.mkdir(`scandir/${SERVICE}/supervise`);
    const programs = ["s6-svc", "s6-svok", "s6-svstat", "s6-svscanctl"].map((program) => {
      const note = `log=${this.#temp.path}/calls; echo "${program} $*" >>$log`;
      return [program, `${note}\n${bodies[program] || ":"}`] as const;
    });
    const bin = fakeBin(`${this.#temp.path}/bin`, Object.fromEntries(programs));
    this.supervision = new Supervision({ scandir: this.scandir, bin, timeoutMs });
  }

  /** The calls so far, with `.` for the scandir. */
  get calls(): string[] {
    const path = `${this.#temp.path}/calls`;
    if (!exists(path)) return [];
    return Deno.readTextFileSync(path).replaceAll(this.scandir, ".").trimEnd().split("\n");
  }

  [Symbol.dispose](): void {
    this.#temp[Symbol.dispose]();
  }
}

Deno.test("Supervision.svc() and svscanctl() tell s6 about the very path", async () => {
  using tree = new Tree({}, 1234);
  await tree.supervision.svc(SERVICE, "-wu", "-u");
  await tree.supervision.svscanctl("-an");
  await tree.supervision.svscanctl();
  assertEquals(tree.calls, [
    `s6-svc -T 1234 -wu -u ./${SERVICE}`,
    "s6-svscanctl -an .",
    "s6-svscanctl .",
  ]);
});

Deno.test("Supervision.svstat() asks for the fields it reads", async () => {
  using tree = new Tree({ "s6-svstat": "echo true true 7 -1 NA 9" });
  const { up, pid, seconds } = await tree.supervision.svstat(SERVICE);
  assertEquals({ up, pid, seconds }, { up: true, pid: 7, seconds: 9 });
  assertEquals(tree.calls, [
    `s6-svstat -o up,wantedup,pid,exitcode,signal,updownfor ./${SERVICE}`,
  ]);
});

Deno.test("Supervision.forgetDeaths() makes an end of what the tally counts, also twice", () => {
  using tree = new Tree();
  const deaths = () => readDeaths(`${tree.scandir}/${SERVICE}`);
  assertEquals(deaths(), 0);
  for (const [bytes, count] of [[0, 0], [14, 1], [27, 1], [140, 10]] as const) {
    const tally = `${tree.scandir}/${SERVICE}/supervise/death_tally`;
    Deno.writeFileSync(tally, new Uint8Array(bytes));
    assertEquals(deaths(), count, `${bytes} bytes`);
  }
  for (let time = 1; time <= 2; time++) tree.supervision.forgetDeaths(SERVICE);
  assertEquals(deaths(), 0);
});

Deno.test("Supervision.supervised() asks about the service and its log", async () => {
  for (
    const [service, log, both, neither] of [
      ...[[0, 0, true, false], [0, 1, false, false], [1, 0, false, false], [1, 1, false, true]],
    ] as const
  ) {
    using tree = new Tree({ "s6-svok": `case $1 in */log) exit ${log};; esac; exit ${service}` });
    assertEquals(await tree.supervision.supervised(SERVICE, true), both);
    assertEquals(await tree.supervision.supervised(SERVICE, false), neither);
  }
});

Deno.test("Supervision.supervised() does not take 'cannot tell' for 'no'", async () => {
  using tree = new Tree({ "s6-svok": "echo Permission denied >&2; exit 111" });
  for (const both of [true, false]) {
    const ask = () => tree.supervision.supervised(SERVICE, both);
    await assertRejects(ask, S6CommandError, "Permission denied");
  }
});

Deno.test("Supervision.supervise() has s6-svscan scan and waits, unless all is supervised", async () => {
  for (const [svok, told] of [["", []], [LATER, ["s6-svscanctl -a ."]]] as [string, string[]][]) {
    using tree = new Tree({ "s6-svok": svok });
    await tree.supervision.supervise(SERVICE);
    assertEquals(tree.calls.filter((call) => !call.startsWith("s6-svok")), told);
  }
});

Deno.test("Supervision.supervise() gives up in time, and at once when the service goes", async () => {
  using late = new Tree({ "s6-svok": "exit 1" }, 100);
  const error = await assertRejects(() => late.supervision.supervise(SERVICE), S6TimeoutError);
  assertEquals([error.service, error.timeoutMs], [SERVICE, 100]);

  using gone = new Tree({ "s6-svok": "exit 1" }, 60_000);
  Deno.removeSync(`${gone.scandir}/${SERVICE}`, { recursive: true });
  await assertRejects(() => gone.supervision.supervise(SERVICE), S6CommandError);
});

Deno.test("Supervision.reap() removes a directory only once both supervisors are gone", async () => {
  using tree = new Tree({
    "s6-svok": `[ -d "$1" ] || echo "removed early" >>$log; [ "$(grep -c svok $log)" -lt 8 ]`,
  });
  await tree.supervision.reap([]);
  assertEquals(tree.calls, []);
  await tree.supervision.reap([SERVICE]);
  assertEquals(tree.calls[0], "s6-svscanctl -an .");
  assert(tree.calls.length > 8 && !tree.calls.includes("removed early"), tree.calls.join("\n"));
  assert(!exists(`${tree.scandir}/${SERVICE}`));
});

Deno.test("Supervision.reap() kills what outlives the time, and waits again", async () => {
  using tree = new Tree({ "s6-svok": "! grep -q '^s6-svc .*log' $log" }, 200);
  await tree.supervision.reap([SERVICE]);
  assertEquals(tree.calls.filter((call) => call.startsWith("s6-svc ")), [
    `s6-svc -T 200 -k ./${SERVICE}`,
    `s6-svc -T 200 -k ./${SERVICE}/log`,
  ]);
  assert(!exists(`${tree.scandir}/${SERVICE}`));
});

Deno.test("Supervision.reap() keeps what cannot be killed, or told of", async () => {
  using immortal = new Tree({ "s6-svok": "exit 0" }, 100);
  await assertRejects(() => immortal.supervision.reap([SERVICE]), S6TimeoutError);
  assert(exists(`${immortal.scandir}/${SERVICE}`));

  using deaf = new Tree({ "s6-svscanctl": "exit 100", "s6-svok": "exit 1" });
  await assertRejects(() => deaf.supervision.reap([SERVICE]), S6CommandError);
  assert(exists(`${deaf.scandir}/${SERVICE}`));
});
