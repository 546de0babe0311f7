import { assert, assertEquals } from "@std/assert";
import { readFacts } from "../../lib/rules/facts.ts";
import { NO_RULES } from "../../lib/rules/rules.ts";
import { Meter } from "../../tasks/_gatewayctl/meter.ts";
import { writeFacts } from "../_facts.ts";
import { CONTAINER, gateway } from "../_gateway_facts.ts";
import { processesOf } from "../_processes.ts";
import { TempDir } from "../_temp.ts";

/** When it is said that the gateway, started 40 s after the machine, was. */
function startOf(meter: Meter, uptimeSeconds: number): number | undefined {
  const processes = { ...processesOf({ 7: [{ startSeconds: 40 }, "hermes"] }), uptimeSeconds };
  const sight = {
    ...{ container: CONTAINER, gateways: [gateway({ slot: "none" })] },
    ...{ unknown: () => gateway(), rules: NO_RULES, processes },
  };
  return meter.measure(sight).gateways[0]?.startTimeSeconds;
}

Deno.test("Meter.measure() says when a gateway was started, the same each time, whatever was seen before", () => {
  using temp = new TempDir();
  const facts = readFacts(writeFacts({ home: temp.path, scandir: temp.path }, temp.path));
  const meter = new Meter(facts);
  assertEquals(startOf(meter, 0), undefined, "a look that was cut off");
  const expected = Date.now() / 1000 - 60;
  const start = startOf(meter, 100);
  assert(start !== undefined && Math.abs(start - expected) < 2, `${start}, expected ${expected}`);
  assertEquals(startOf(meter, 100.9), start);
  // The clock was set.
  assertEquals(Math.round((startOf(meter, 3700) ?? NaN) - start), -3600);
});
