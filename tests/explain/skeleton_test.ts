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
    assertEquals(skeletonProblem(entry(path), HERMES), undefined);
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
      skeletonProblem(entry("event", changes), HERMES),
      `gateway-coder/event: expected directory 3730 10000:10000, got ${got}`,
    );
  });
}
