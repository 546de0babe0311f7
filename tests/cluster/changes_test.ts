import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { LiveObject } from "../../lib/cluster/api.ts";
import {
  covers,
  HASH_ANNOTATION,
  keyOf,
  markObject,
  planChanges,
  see,
  type Seen,
} from "../../lib/cluster/changes.ts";
import { parsePolicy } from "../../lib/cluster/policy.ts";
import { renderCluster } from "../../lib/cluster/render.ts";

const [RENDERED] = renderCluster(
  [{ profile: "coder", wanted: "running", topology: "per-profile" }],
  parsePolicy("dashboard: false"),
);
const WANTED = markObject(RENDERED!, "volume");
const KEY = keyOf(WANTED);

/** The object as a server has it. */
function live(spec = {}, metadata = {}): LiveObject {
  const object = structuredClone(WANTED) as LiveObject;
  Object.assign(object.metadata, { uid: "u", resourceVersion: "1", generation: 4, ...metadata });
  Object.assign(object["spec"] as object, { minReadySeconds: 0, ...spec });
  return object;
}

const look = (object: LiveObject, known?: number) => see(object, "StatefulSet", WANTED, known);

function plan(found: Seen[], objects = new Map([[KEY, WANTED]]), keep: string[] = []) {
  return planChanges({ objects, keep: new Set(keep), volume: "volume" }, found)
    .map((change) => change.act);
}

Deno.test("markObject() gives what differs in anything, or is of another volume, another hash", () => {
  const hash = (object: typeof WANTED) => object.metadata.annotations?.[HASH_ANNOTATION];
  assertEquals(hash(markObject(RENDERED!, "volume")), hash(WANTED));
  assertNotEquals(hash(markObject(RENDERED!, "other")), hash(WANTED));
  assertNotEquals(
    hash(markObject({ ...RENDERED!, spec: { replicas: 0 } }, "volume")),
    hash(WANTED),
  );
});

Deno.test("covers() lets the server add fields, leave out what says nothing, and word quantities", () => {
  const wanted = { a: [{ n: "x", v: "" }], cpu: "1000m", none: {}, no: false, zero: 0 };
  assert(covers({ a: [{ n: "x", more: 1 }], cpu: "1", zero: 0, b: 2 }, wanted));
  assert(!covers({ a: [], cpu: "1", zero: 0 }, wanted));
  assert(!covers({ a: [{ n: "x" }], cpu: "2", zero: 0 }, wanted));
  assert(!covers({ a: [{ n: "x" }], cpu: "1" }, wanted));
  assert(!covers(1, { a: 1 }));
});

Deno.test("see() tells what is as it was rendered from what somebody has changed", () => {
  assertEquals(look(live()).is, "as rendered");
  assertEquals(look(live({ replicas: 3 })).is, "edited");
  assertEquals(look(live({}, { labels: {} })).is, "edited");
  const other = live({}, { annotations: { [HASH_ANNOTATION]: "other" } });
  assertEquals(look(other).is, "other");
  assertEquals(see(live(), "StatefulSet", undefined, undefined).is, "other");
});

Deno.test("see() takes what the server makes of an object for right once that is known", () => {
  assertEquals(look(live({ replicas: 3 }), 4).is, "as rendered");
  assertEquals(look(live({ replicas: 3 }), 3).is, "edited");
});

Deno.test("planChanges() makes, changes, puts back, and does nothing about what is right", () => {
  assertEquals(plan([]), ["make"]);
  assertEquals(plan([look(live())]), []);
  assertEquals(plan([{ ...look(live()), is: "other" }]), ["change"]);
  assertEquals(plan([look(live({ replicas: 3 }))]), ["put back"]);
  assertEquals(plan([{ ...look(live()), isEnding: true }]), ["leave"]);
});

Deno.test("planChanges() removes only what carries the label and is of this volume", () => {
  const seen = look(live());
  const none = new Map();
  assertEquals(plan([seen], none), ["remove"]);
  assertEquals(plan([seen], none, [KEY]), []);
  assertEquals(plan([{ ...seen, isOurs: false }], none), []);
  assertEquals(plan([{ ...seen, isEnding: true }], none), []);
  assertEquals(plan([{ ...seen, volume: "other" }], none), ["leave"]);
  assertEquals(plan([{ ...seen, volume: undefined }], none), ["leave"]);
});

Deno.test("planChanges() leaves alone what is not the loop's but has a name that it needs", () => {
  assertEquals(plan([{ ...look(live()), isOurs: false, is: "other" }]), ["leave"]);
});
