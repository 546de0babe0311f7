import { sha256 } from "./_sha256.ts";
import type { LiveObject } from "./api.ts";
import type { KubeObject } from "./object.ts";
import { parseQuantity } from "./quantity.ts";
import { MANAGED_BY } from "./render.ts";

/** The annotation that has the ID of the volume that asks for an object. */
export const VOLUME_ANNOTATION = "hermes-boot/volume";

/** The annotation that has the hash of an object as it was rendered. */
export const HASH_ANNOTATION = "hermes-boot/hash";

/** What is kept of an object of the cluster's. */
export interface Seen {
  /** Its kind and name, such as `StatefulSet/hermes-coder`. */
  key: string;
  /** Its name. */
  name: string;
  /** What tells it from another one of its name. */
  uid: string;
  /** What tells it from what it was. */
  resourceVersion: string;
  /** Whether it carries the loop's label. */
  isOurs: boolean;
  /** Whether it is being removed. */
  isEnding: boolean;
  /** The volume that asks for it. */
  volume: string | undefined;
  /** Whether it is what is rendered; `edited`: it was, and somebody has changed it. */
  is: "as rendered" | "edited" | "other";
}

/** What is to be done about an object. */
export type Change =
  | { act: "make"; object: KubeObject }
  | { act: "change" | "put back"; object: KubeObject; seen: Seen }
  | { act: "remove"; seen: Seen }
  | { act: "leave"; key: string; why: string };

/**
 * Names an object among those of its namespace. Pure.
 *
 * @param object The object.
 * @returns Its kind and name.
 */
export function keyOf({ kind, metadata: { name } }: KubeObject): string {
  return `${kind}/${name}`;
}

/**
 * Marks a rendered object with the volume that asks for it, and with a hash of
 * all that is rendered. Pure.
 *
 * @param object The object.
 * @param volume The volume's ID.
 * @returns The object with two more annotations.
 *
 * @example
 * ```ts
 * import { markObject } from "./changes.ts";
 * const object = { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "hermes-coder" } };
 * markObject(object, "an ID").metadata.annotations?.["hermes-boot/volume"]; // "an ID"
 * ```
 */
export function markObject(object: KubeObject, volume: string): KubeObject {
  const hash = sha256(JSON.stringify([object, volume]));
  const annotations = {
    ...object.metadata.annotations,
    [VOLUME_ANNOTATION]: volume,
    [HASH_ANNOTATION]: hash.slice(0, 32),
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function isSame(live: unknown, wanted: unknown): boolean {
  if (live === wanted) return true;
  if (typeof live !== "string" || typeof wanted !== "string") return false;
  const quantity = parseQuantity(wanted);
  return quantity !== undefined && quantity === parseQuantity(live);
}

/** Whether a value may be left out by the server. */
function isNothing(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === "" || value === false;
}

/**
 * Tells whether everything that is wanted is there; the server adds what it
 * likes. Pure.
 *
 * @param live What is there.
 * @param wanted What is wanted.
 * @returns Whether it is.
 *
 * @example
 * ```ts
 * import { covers } from "./changes.ts";
 * covers({ replicas: 1, cpu: "1", more: true }, { replicas: 1, cpu: "1000m" }); // true
 * covers({ replicas: 3 }, { replicas: 1 }); // false
 * ```
 */
export function covers(live: unknown, wanted: unknown): boolean {
  if (live === undefined && isNothing(wanted)) return true;
  if (typeof wanted !== "object" || wanted === null) return isSame(live, wanted);
  if (typeof live !== "object" || live === null) return false;
  if (Array.isArray(wanted) && !(Array.isArray(live) && live.length === wanted.length)) {
    return false;
  }
  const found = live as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) => covers(found[key], value));
}

/**
 * Reads of an object of the cluster's what the loop goes by. Pure.
 *
 * @param object The object.
 * @param kind Its kind, which lists leave out.
 * @param wanted The object that there shall be instead, marked.
 * @param known The generation that the server made of it when it was last
 * applied, or found to be right; it tells what no comparison can.
 * @returns What is kept of it.
 */
export function see(
  { metadata, ...object }: LiveObject,
  kind: string,
  wanted: KubeObject | undefined,
  known: number | undefined,
): Seen {
  const { name, uid, resourceVersion, generation, labels = {}, annotations = {} } = metadata;
  let is: Seen["is"] = "other";
  const hash = wanted?.metadata.annotations?.[HASH_ANNOTATION];
  if (wanted !== undefined && annotations[HASH_ANNOTATION] === hash) {
    const isKnown = generation !== undefined && generation === known;
    const isRight = covers(metadata, wanted.metadata) &&
      (isKnown || covers(object["spec"], wanted["spec"]));
    is = isRight ? "as rendered" : "edited";
  }
  return {
    key: `${kind}/${name}`,
    name,
    uid,
    resourceVersion,
    isOurs: Object.entries(MANAGED_BY).every(([key, value]) => labels[key] === value),
    isEnding: metadata.deletionTimestamp !== undefined,
    volume: annotations[VOLUME_ANNOTATION],
    is,
  };
}

function changeOf(object: KubeObject, seen: Seen | undefined): Change | undefined {
  if (seen === undefined) return { act: "make", object };
  const { key } = seen;
  if (!seen.isOurs) {
    const why = "it is not hermes-boot's, and is left alone; remove it, or rename the profile";
    return { act: "leave", key, why };
  }
  if (seen.isEnding) return { act: "leave", key, why: "it is being removed, and then made anew" };
  if (seen.is === "as rendered") return undefined;
  return { act: seen.is === "edited" ? "put back" : "change", object, seen };
}

/** What is wanted of a cluster. */
export interface Wanted {
  /** The objects that there shall be, marked, by their keys. */
  objects: ReadonlyMap<string, KubeObject>;
  /** The keys of those of which nothing is known: they stay as they are. */
  keep: ReadonlySet<string>;
  /** The volume that asks for them. */
  volume: string;
}

/**
 * Finds what there is to do: first what changes, then what is made, then what
 * is removed. That is only what carries the label, and the annotation of this
 * very volume. Pure.
 *
 * @param wanted What is wanted.
 * @param found What there is.
 * @returns The changes; none: all is as it should be.
 *
 * @example
 * ```ts
 * import { planChanges } from "./changes.ts";
 * planChanges({ objects: new Map(), keep: new Set(), volume: "an ID" }, []); // []
 * ```
 */
export function planChanges({ objects, keep, volume }: Wanted, found: readonly Seen[]): Change[] {
  const byKey = new Map(found.map((seen) => [seen.key, seen]));
  const changes = [...objects].flatMap(([key, object]) => changeOf(object, byKey.get(key)) ?? []);
  for (const seen of found) {
    const { key } = seen;
    if (!seen.isOurs || seen.isEnding || objects.has(key) || keep.has(key)) continue;
    if (seen.volume === volume) changes.push({ act: "remove", seen });
    else changes.push({ act: "leave", key, why: "another volume asked for it: it is not removed" });
  }
  const order = ["put back", "change", "make", "leave", "remove"];
  return changes.sort((a, b) => order.indexOf(a.act) - order.indexOf(b.act));
}
