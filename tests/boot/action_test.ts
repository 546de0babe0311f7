import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  planProfile,
  type ReconcileAction,
  skipProfile,
  wordAction,
} from "../../lib/boot/action.ts";

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));

Deno.test("planProfile() starts a profile whose prior state is running", () => {
  assertEquals(planProfile("coder", { priorState: "running", priorExit: "unclean" }), {
    profile: "coder",
    priorState: "running",
    action: "started",
    priorExit: "unclean",
  });
});

Deno.test("planProfile() registers every other state, and none, without starting it", () => {
  for (const state of [null, "stopped", "startup_failed", "unknown", "run", "draining", "x"]) {
    const { action, priorState } = planProfile("a", { priorState: state, priorExit: "clean" });
    assertEquals([action, priorState], ["registered", state]);
  }
});

Deno.test("skipProfile() marks an I/O error apart from a rule", () => {
  const rule = skipProfile("Bad", "illegal", false);
  assertEquals(rule, {
    profile: "Bad",
    priorState: null,
    action: "skipped",
    priorExit: "unknown",
    reason: "illegal",
  });
  assertEquals(skipProfile("a", "disk", true).failed, true);
});

Deno.test("skipProfile() keeps what was read of the profile", () => {
  const memory = { priorState: "running", priorExit: "clean" as const };
  const { priorState, priorExit } = skipProfile("a", "no space", true, memory);
  assertEquals({ priorState, priorExit }, memory);
});

Deno.test("wordAction() words an action as key=value fields", () => {
  const started = planProfile("coder", { priorState: "running", priorExit: "clean" });
  assertEquals(wordAction(started), "profile=coder prior_state=running action=started");
  const fresh = planProfile("default", { priorState: null, priorExit: "unknown" });
  assertEquals(wordAction(fresh), "profile=default prior_state=None action=registered");
});

Deno.test("wordAction() puts extra fields before the reason, a JSON string at the end", () => {
  const skipped = skipProfile("Bad", 'no "good"', false);
  assertEquals(
    wordAction(skipped, " prior_exit=unknown"),
    'profile=Bad prior_state=None action=skipped prior_exit=unknown reason="no \\"good\\""',
  );
});

Deno.test("wordAction() is one line of printable ASCII whatever name and reason are", () => {
  fc.assert(fc.property(anyText, anyText, (profile, reason) => {
    const line = wordAction(skipProfile(profile, reason, false));
    assertMatch(line, /^[\x20-\x7e]*$/);
    const [, name = "", json = ""] =
      /^profile=(\S+) prior_state=None action=skipped reason=(".*")$/.exec(line) ?? [];
    assert(name !== "", line);
    assertEquals(name.startsWith('"') ? JSON.parse(name) : name, profile);
    assertEquals(JSON.parse(json), reason);
  }));
});

Deno.test("wordAction() has no reason where there is none", () => {
  const action: ReconcileAction = planProfile("a", { priorState: null, priorExit: "unknown" });
  assert(!wordAction(action).includes("reason"));
});
