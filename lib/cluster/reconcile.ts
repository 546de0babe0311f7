import { ClusterApiError } from "../_errors.ts";
import type { Warn } from "../_warn.ts";
import { type ClusterApi, type KubeKind, type LiveObject, OWN_KINDS } from "./api.ts";
import { type Change, keyOf, planChanges, see, type Seen, type Wanted } from "./changes.ts";

/** Options of {@linkcode reconcileCluster}. */
export interface ClusterOptions {
  /** The way to the API server. */
  api: ClusterApi;
  /** What there shall be. */
  wanted: Wanted;
  /** Whether the volume still is what it was when that was read: only then is anything removed. */
  intact(): boolean;
  /** Whether something else is wanted by now, so that the rest can be left to another pass. */
  isStale(): boolean;
  /** The generation of each object when it was last known to be right, by its UID; it is kept up. */
  known: Map<string, number>;
  /** Told what was done. */
  inform(message: string): void;
  /** Told what could not be done, each time anew. */
  warn: Warn;
}

/** What became of a pass. */
export interface ClusterPass {
  /** Whether there is nothing left to do, as far as that is not refused. */
  ok: boolean;
  /** From where on each kind can be watched. */
  versions: ReadonlyMap<KubeKind, string>;
}

/** So many changes are carried out before a pass may be found stale: else none might ever end. */
const LEAST_CHANGES = 100;

/** With so many in a row that fail without a reason of their own, the server is in trouble. */
const TROUBLE = 3;

async function find({ api, wanted, known }: ClusterOptions) {
  const found: Seen[] = [];
  const versions = new Map<KubeKind, string>();
  const right = new Map<string, number>();
  for (const kind of OWN_KINDS) {
    const { items, resourceVersion } = await api.list(kind, (object: LiveObject) => {
      const { uid, name, generation } = object.metadata;
      const seen = see(object, kind, wanted.objects.get(`${kind}/${name}`), known.get(uid));
      if (seen.is === "as rendered" && generation !== undefined) right.set(uid, generation);
      return seen;
    });
    found.push(...items);
    versions.set(kind, resourceVersion);
  }
  known.clear();
  for (const [uid, generation] of right) known.set(uid, generation);
  return { found, versions };
}

/** What the API server says where a field cannot be changed any more. */
const IMMUTABLE = /Forbidden: (updates to|spec is immutable)/;

/** What to do about an object that the server does not change as it is asked to. */
function wordRefusal(change: Change, { message }: ClusterApiError, namespace: string): string {
  const key = keyOfChange(change);
  const words = `${key}: ${message.replaceAll(/\s+/g, " ")}`;
  if (change.act === "make" || !IMMUTABLE.test(words)) return words;
  const [kind = "", name] = key.split("/");
  return `${words}; nothing is deleted for that: "kubectl -n ${namespace} delete ` +
    `${kind.toLowerCase()} ${name}" has it made anew, and its claims stay`;
}

const DONE = {
  "make": "made",
  "change": "changed",
  "put back": "put back: somebody had changed it",
};

async function carryOut(change: Change, options: ClusterOptions): Promise<void> {
  const { api, known, inform } = options;
  if (change.act === "leave") return;
  if (change.act === "remove") {
    const { key } = change.seen;
    await api.remove(key.slice(0, key.indexOf("/")) as KubeKind, change.seen);
    return inform(`${key}: removed: nobody asks for it any more`);
  }
  const uid = change.act === "make" ? undefined : change.seen.uid;
  const { metadata } = await api.apply(change.object, uid);
  if (metadata.generation !== undefined) known.set(metadata.uid, metadata.generation);
  inform(`${keyOf(change.object)}: ${DONE[change.act]}`);
}

function keyOfChange(change: Change): string {
  if (change.act === "leave") return change.key;
  return change.act === "remove" ? change.seen.key : keyOf(change.object);
}

/**
 * Makes the workloads of a namespace what is wanted: lists what there is, and
 * applies and removes what differs. A refusal is told and leaves the others
 * alone. Two at once do no harm: what one has done is nothing to do for the
 * other, and a removal names the very object that was seen.
 *
 * @param options Where and what.
 * @returns Whether all is done, and from where on it can be watched.
 * @throws {ClusterApiError} If the server does not answer, or cannot list.
 *
 * @example
 * ```ts no-eval
 * import { reconcileCluster } from "./reconcile.ts";
 * const { ok } = await reconcileCluster(options);
 * ```
 */
export async function reconcileCluster(options: ClusterOptions): Promise<ClusterPass> {
  const { api, wanted, intact, isStale, warn } = options;
  const { found, versions } = await find(options);
  let [ok, trouble] = [true, 0];
  for (const [index, change] of planChanges(wanted, found).entries()) {
    if (index >= LEAST_CHANGES && isStale()) return { ok: false, versions };
    const key = keyOfChange(change);
    if (change.act === "leave") warn(`${key}: ${change.why}`);
    if (change.act === "remove" && !intact()) return { ok: false, versions };
    try {
      await carryOut(change, options);
      trouble = 0;
    } catch (error) {
      if (!(error instanceof ClusterApiError)) throw error;
      if (error.isTransient && ++trouble === TROUBLE) throw error;
      warn(wordRefusal(change, error, api.namespace));
      ok = false;
    }
  }
  return { ok, versions };
}
