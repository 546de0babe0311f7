import { assertEquals } from "@std/assert";
import { SKELETON, type SkeletonEntry, skeletonProblem } from "../../lib/explain/skeleton.ts";

const HERMES = { uid: 10000, gid: 10000 };

function entry(path: string, changes: Partial<SkeletonEntry> = {}): SkeletonEntry {
  const kind = path.endsWith("control") ? "fifo" : "directory";
  const mode = SKELETON.get(path) ?? 0;
  return { service: "gateway-coder", path, kind, mode, owner: HERMES, ...changes };
}

Deno.test("skeletonProblem() finds nothing wrong with what a boot makes", () => {
  for (const path of SKELETON.keys()) {
    assertEquals(skeletonProblem(entry(path), { owner: HERMES }), undefined);
    assertEquals(skeletonProblem(entry(path)), undefined);
  }
});

for (
  const [what, changes, got] of [
    ["a missing entry", { kind: "missing" }, "nothing"],
    ["a wrong owner", { owner: { uid: 0, gid: 0 } }, "directory 3730 0:0"],
    ["a wrong mode", { mode: 0o700 }, "directory 0700 10000:10000"],
    ["another kind", { kind: "fifo" }, "fifo 3730 10000:10000"],
  ] as [string, Partial<SkeletonEntry>, string][]
) {
  Deno.test(`skeletonProblem() says what it expected, and what it got, for ${what}`, () => {
    assertEquals(
      skeletonProblem(entry("event", changes), { owner: HERMES }),
      `gateway-coder/event: expected directory 3730 10000:10000, got ${got}`,
    );
  });
}

Deno.test("skeletonProblem() takes what an s6-supervise that is hermes makes, with whatever modes", () => {
  const own = { owner: HERMES, drops: false };
  for (
    const [path, mode] of [["event", 0o3730], ["supervise", 0o700], ["supervise/control", 0o600]]
  ) {
    assertEquals(skeletonProblem(entry(String(path), { mode: Number(mode) }), own), undefined);
  }
  // It makes no such thing.
  assertEquals(skeletonProblem(entry("supervise/event", { kind: "missing" }), own), undefined);
  const problem = (changes: Partial<SkeletonEntry>) =>
    skeletonProblem(entry("supervise/control", changes), own);
  const expected = "gateway-coder/supervise/control: expected fifo 10000:10000, got";
  assertEquals(problem({ owner: { uid: 0, gid: 0 } }), `${expected} fifo 0:0`);
  assertEquals(problem({ kind: "missing" }), `${expected} nothing`);
});
