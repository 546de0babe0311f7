import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  keptAction,
  skippedAction,
  slotAction,
  wordAction,
  wordWantedBy,
} from "../../lib/boot/action.ts";

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));

Deno.test("slotAction() starts a profile whose prior state is running", () => {
  assertEquals(slotAction("coder", { priorState: "running", priorExit: "unclean" }), {
    profile: "coder",
    priorState: "running",
    action: "started",
    priorExit: "unclean",
  });
});

Deno.test("keptAction() says nothing of how a life ended that goes on", () => {
  const action = slotAction("coder", { priorState: "running", priorExit: "unclean" });
  assertEquals(keptAction(action, "refreshed"), {
    ...{ profile: "coder", priorState: "running", action: "refreshed", priorExit: "unknown" },
  });
});

Deno.test("slotAction() registers every other state, and none, without starting it", () => {
  for (const state of [null, "stopped", "startup_failed", "unknown", "run", "draining", "x"]) {
    const { action, priorState } = slotAction("a", { priorState: state, priorExit: "clean" });
    assertEquals([action, priorState], ["registered", state]);
  }
});

Deno.test("slotAction() registers a running profile that something else serves, and says what", () => {
  const running = { priorState: "running", priorExit: "unknown" as const };
  const { action, reason } = slotAction("a", running, { served: "the root gateway" });
  assertEquals([action, reason], ["registered", "the root gateway"]);
  const stopped = { ...running, priorState: "stopped" };
  assertEquals(slotAction("a", stopped, { served: "the root gateway" }).reason, undefined);
});

Deno.test("slotAction() starts a gateway for others that it serves, and names them", () => {
  const stopped = { priorState: "stopped", priorExit: "clean" as const };
  const start = (wantedBy: string[]) => {
    const { action, reason } = slotAction("default", stopped, { wantedBy });
    return [action, reason];
  };
  assertEquals(start([]), ["registered", undefined]);
  assertEquals(start(["a", "b"]), ["started", "wanted by a, b"]);
  const { action, reason } = slotAction("default", stopped, { served: "it", wantedBy: ["a"] });
  assertEquals([action, reason], ["registered", "it"]);
});

Deno.test("wordWantedBy() names five at most", () => {
  const names = Array.from({ length: 7 }, (_, i) => `p${i}`);
  assertEquals(wordWantedBy(names.slice(0, 5)), "wanted by p0, p1, p2, p3, p4");
  assertEquals(wordWantedBy(names), "wanted by p0, p1, p2, p3, p4 and 2 more");
});

Deno.test("skippedAction() marks an I/O error apart from a rule", () => {
  const rule = skippedAction("Bad", "illegal", false);
  assertEquals(rule, {
    profile: "Bad",
    priorState: null,
    action: "skipped",
    priorExit: "unknown",
    reason: "illegal",
  });
  assertEquals(skippedAction("a", "disk", true).failed, true);
});

Deno.test("skippedAction() keeps what was read of the profile", () => {
  const memory = { priorState: "running", priorExit: "clean" as const };
  const { priorState, priorExit } = skippedAction("a", "no space", true, memory);
  assertEquals({ priorState, priorExit }, memory);
});

Deno.test("wordAction() words an action as key=value fields", () => {
  const started = slotAction("coder", { priorState: "running", priorExit: "clean" });
  assertEquals(wordAction(started), "profile=coder prior_state=running action=started");
  const fresh = slotAction("default", { priorState: null, priorExit: "unknown" });
  assertEquals(wordAction(fresh), "profile=default prior_state=None action=registered");
});

Deno.test("wordAction() is one line of printable ASCII whatever name and reason are", () => {
  fc.assert(fc.property(anyText, anyText, (profile, reason) => {
    const line = wordAction(skippedAction(profile, reason, false));
    assertMatch(line, /^[\x20-\x7e]*$/);
    const [, name = "", json = ""] =
      /^profile=(\S+) prior_state=None action=skipped reason=(".*")$/.exec(line) ?? [];
    assert(name !== "", line);
    assertEquals(name.startsWith('"') ? JSON.parse(name) : name, profile);
    assertEquals(JSON.parse(json), reason);
  }));
});
