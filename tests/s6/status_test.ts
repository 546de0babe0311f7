import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseStatus, STATUS_FIELDS } from "../../lib/s6/run.ts";
import { readStatus, unpackStatus } from "../../lib/s6/status.ts";
import { findS6, type S6Source } from "../container/s6_packages.ts";
import { TempDir } from "../_temp.ts";
import { REPOSITORY, until } from "../container/container.ts";

const SOURCES: readonly S6Source[] = ["debian", "testing"];

/** Big-endian, as s6_svstatus_pack() writes it. */
function pack(
  { ageSeconds, pid, wait, flags }: {
    ageSeconds: number;
    pid: number;
    wait: number;
    flags: number;
  },
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(35);
  const view = new DataView(bytes.buffer);
  const label = (1n << 62n) + BigInt(Math.floor(Date.now() / 1000) - ageSeconds + 37);
  view.setBigUint64(0, label);
  view.setBigUint64(12, label);
  view.setBigUint64(24, BigInt(pid));
  view.setUint16(32, wait);
  view.setUint8(34, flags);
  return bytes;
}

/** Where skalibs prefers another name than signal(7) does first. */
const SYNONYMS: Readonly<Record<string, string>> = {
  SIGIOT: "SIGABRT",
  SIGCLD: "SIGCHLD",
  SIGPOLL: "SIGIO",
};
const usualName = (name: string) => SYNONYMS[name] ?? name;

const ARBITRARY = fc.record({
  ageSeconds: fc.nat(10_000_000),
  pid: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1 << 22 })),
  // An exit code, or a signal with and without a core.
  wait: fc.oneof(
    fc.nat(255).map((code) => code << 8),
    fc.tuple(fc.integer({ min: 1, max: 31 }), fc.boolean())
      .map(([signal, core]) => signal | (core ? 0x80 : 0)),
  ),
  flags: fc.nat(15),
});

/** Where a source's programs are, and what they need to run. */
async function programs(source: S6Source): Promise<{ bin: string; env: Record<string, string> }> {
  const root = await findS6(REPOSITORY, source, console.error);
  if (root === undefined) return { bin: "/usr/bin", env: {} };
  const env = { LD_LIBRARY_PATH: `${root}/usr/lib/${Deno.build.arch}-linux-gnu` };
  return { bin: `${root}/usr/bin`, env };
}

for (const source of SOURCES) {
  Deno.test(`readStatus() says what the s6-svstat of ${source} says`, async () => {
    const { bin, env } = await programs(source);
    using temp = new TempDir();
    const dir = temp.path;
    temp.write("down", "");
    temp.write("run", "#!/bin/sh\n");
    // It writes the status when something changes, and here nothing does.
    const supervise = new Deno.Command(`${bin}/s6-supervise`, { args: [dir], env }).spawn();
    try {
      await until("s6-supervise", () => readStatus(dir));
      const svstat = async () => {
        const args = ["-o", STATUS_FIELDS, dir];
        const { stdout } = await new Deno.Command(`${bin}/s6-svstat`, { args, env }).output();
        return parseStatus(new TextDecoder().decode(stdout).replace(/SIG\w+/, usualName));
      };
      const property = fc.asyncProperty(ARBITRARY, async (facts) => {
        // A service that has not been started yet is "paused" to s6 2.15, and nothing to 2.11.
        fc.pre(source === "testing" || facts.pid !== 0 || (facts.flags & 1) === 0);
        await Deno.writeFile(`${dir}/supervise/status`, pack(facts));
        const before = readStatus(dir);
        const said = await svstat();
        // A second may have ended between the two looks.
        assertEquals(said.seconds === before?.seconds ? before : readStatus(dir), said);
      });
      await fc.assert(property, { numRuns: 200 });
    } finally {
      supervise.kill();
      await supervise.status;
    }
  });
}

Deno.test("unpackStatus() leaves another length to s6-svstat", () => {
  assertEquals([34, 36, 43].map((size) => unpackStatus(new Uint8Array(size), 0)), [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("unpackStatus() takes a stamp that is yet to come for now", () => {
  const bytes = pack({ ageSeconds: -100, pid: 1, wait: 0, flags: 4 });
  assertEquals(unpackStatus(bytes, Date.now())?.seconds, 0);
});

Deno.test("readStatus() finds nothing where nothing is, and opens no FIFO", async () => {
  using temp = new TempDir();
  assertEquals(readStatus(temp.path), undefined);
  temp.mkdir("supervise");
  await new Deno.Command("mkfifo", { args: [`${temp.path}/supervise/status`] }).output();
  assertEquals(readStatus(temp.path), undefined);
});
