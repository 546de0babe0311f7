import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  type Candidate,
  chooseFitting,
  parseCapacity,
  roomFor,
  wordNoRoom,
} from "../../lib/s6/capacity.ts";

const SHARED = "/run/service";
const ISOLATED = "/run/hermes/service";

/** What is known of an s6-svscan with this option. */
function capacityOf(scandir: string, option: string) {
  const capacity = parseCapacity(scandir, option);
  assert(capacity !== undefined);
  return capacity;
}

Deno.test("parseCapacity() takes -C for services and loggers, -c for services, and nothing else", () => {
  assertEquals(capacityOf(SHARED, "-C 1000"), {
    ...{ scandir: SHARED, max: 1000, countsLoggers: true },
  });
  assertEquals(capacityOf(SHARED, "-c 500").countsLoggers, false);
  for (const text of ["", "1000", "-C", "-C x", "-t 5", undefined]) {
    assertEquals(parseCapacity(SHARED, text), undefined);
  }
});

Deno.test("roomFor() keeps room for 8 gateways in PID 1's scandir, and none in another", () => {
  assertEquals(roomFor(capacityOf(SHARED, "-C 1000"), 7), 488);
  assertEquals(roomFor(capacityOf(SHARED, "-c 500"), 7), 485);
  assertEquals(roomFor(capacityOf(ISOLATED, "-C 8000"), 0), 4000);
  assertEquals(roomFor(capacityOf(ISOLATED, "-c 8000"), 7999), 1);
  assertEquals(roomFor(capacityOf(SHARED, "-C 1000"), 984), 0);
  assertEquals(roomFor(capacityOf(SHARED, "-C 1000"), 2000), 0);
});

const candidate = fc.record({
  profile: fc.constantFrom("default", ..."abcdefghijklmnop"),
  starts: fc.boolean(),
});
const candidates = fc.uniqueArray(candidate, { selector: ({ profile }) => profile });

/** Whether one comes before another. */
function before(a: Candidate, b: Candidate): boolean {
  if (a.profile === "default" || b.profile === "default") return a.profile === "default";
  return a.starts === b.starts ? a.profile < b.profile : a.starts;
}

Deno.test("chooseFitting() fills the room with those that come first, in whichever order they ask", () => {
  fc.assert(fc.property(candidates, fc.nat(20), fc.nat(), (all, room, turn) => {
    const chosen = chooseFitting(all, room);
    assertEquals(chosen.size, Math.min(room, all.length));
    const left = all.filter((one) => !chosen.has(one));
    assert([...chosen].every((one) => left.every((other) => before(one, other))));
    const at = all.length === 0 ? 0 : turn % all.length;
    const turned = chooseFitting([...all.slice(at), ...all.slice(0, at)].toReversed(), room);
    assertEquals(turned.symmetricDifference(chosen).size, 0);
  }));
});

Deno.test("wordNoRoom() names the limit and what helps: isolated supervision, and there more containers", () => {
  const shared = wordNoRoom(capacityOf(SHARED, "-c 500"));
  assertStringIncludes(shared.problem, "at most 500 services in /run/service");
  assertStringIncludes(shared.help, "HERMES_SUPERVISION=isolated");
  const isolated = wordNoRoom(capacityOf(ISOLATED, "-C 8000"));
  assertStringIncludes(
    isolated.problem,
    "at most 8000 services and loggers in /run/hermes/service",
  );
  assertStringIncludes(isolated.help, "HERMES_GATEWAY_SHARD");
});
