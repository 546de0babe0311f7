import { assertEquals } from "@std/assert";
import { readDecisions, renderDesired } from "../../lib/cluster/desired.ts";
import { parsePolicy } from "../../lib/cluster/policy.ts";
import { parseSelection } from "../../lib/rules/selection.ts";
import { NO_RULES } from "../../lib/rules/rules.ts";
import { Home, RUNNING, STOPPED } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

const ignore = () => {};

Deno.test("readDecisions() decides as a boot does, but for a state that cannot be read", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  home.add("writer", STOPPED);
  home.add("scout", "{");
  home.add("new");
  const selection = parseSelection({ profiles: "default,[!w]*" });
  const words = readDecisions(home.path, { ...NO_RULES, selection }, ignore).map((decision) =>
    `${decision.profile}: ${decision.wanted}${decision.failed ? ", failed" : ""}`
  );
  assertEquals(words, [
    ...["default: stopped", "coder: running", "new: stopped", "scout: skipped, failed"],
    "writer: skipped",
  ]);
});

Deno.test("readDecisions() leaves a workload as it is while its gateway only says how it is itself", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const [name, state] of [["a", "starting"], ["b", "startup_failed"], ["c", "draining"]]) {
    home.add(name!, JSON.stringify({ gateway_state: state }));
  }
  home.add("told", JSON.stringify({ gateway_state: "starting", desired_state: "stopped" }));
  const decisions = readDecisions(home.path, NO_RULES, ignore).slice(1);
  assertEquals(decisions.map(({ wanted, failed = false }) => [wanted, failed]), [
    ...[["skipped", true], ["skipped", true], ["running", false], ["stopped", false]],
  ]);
});

Deno.test("readDecisions() leaves one workload where one gateway serves all", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  const decisions = readDecisions(home.path, { ...NO_RULES, topology: "one" }, ignore);
  assertEquals(decisions.map(({ wanted }) => wanted), ["running", "skipped"]);
});

Deno.test("renderDesired() marks its objects, and keeps what is failed and has a legal name", () => {
  const topology = "per-profile";
  const { objects, keep, notes } = renderDesired(
    [
      { profile: "coder", wanted: "running", topology },
      { profile: "scout", wanted: "skipped", failed: true, reason: "why", topology },
      { profile: "Bad Name", wanted: "skipped", failed: true, reason: "why", topology },
      { profile: "away", wanted: "skipped", reason: "not selected", topology },
    ],
    parsePolicy("dashboard: false"),
    "an ID",
  );
  assertEquals([...objects.keys()], ["StatefulSet/hermes-coder"]);
  const [object] = objects.values();
  assertEquals(object?.metadata.annotations?.["hermes-boot/volume"], "an ID");
  assertEquals([...keep], ["StatefulSet/hermes-scout"]);
  assertEquals(notes.length, 2);
});
