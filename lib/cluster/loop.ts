import { errorWords, survivable } from "../_errors.ts";
import type { Warn } from "../_warn.ts";
import { type Clock, SYSTEM_CLOCK, watchProfiles } from "../control/watch.ts";
import type { Fingerprint } from "../profile/fingerprint.ts";
import { MARKER_FILE } from "../profile/list.ts";
import type { Rules } from "../rules/rules.ts";
import { type ClusterApi, type KubeKind, OWN_KINDS, type WatchEvent } from "./api.ts";
import { planChanges, see, type Wanted } from "./changes.ts";
import type { Decision } from "./decision.ts";
import { readDecisions, renderDesired } from "./desired.ts";
import { makeLook } from "./look.ts";
import type { Policy } from "./policy.ts";
import { reconcileCluster } from "./reconcile.ts";
import { ensureVolumeId, isVolume } from "./volume_id.ts";

/** Options of {@linkcode runClusterLoop}. */
export interface ClusterLoopOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The way to the API server. */
  api: ClusterApi;
  /** What is asked of the cluster. */
  policy: Policy;
  /** Reads what the container is told. */
  readRules(warn: Warn): Promise<Rules>;
  /** Told what was done, and what goes well again. */
  inform(message: string): void;
  /** Told what could not be done, each time anew. */
  warn: Warn;
  /** Called after each pass. */
  onPass?: (() => void) | undefined;
  /** Ends the loop, at its next look. */
  signal: AbortSignal;
  /** The clock. Default: the system's. */
  clock?: Clock | undefined;
}

const EVERY_MS = 60_000;
const STALE_LOOK_MS = 1000;

/**
 * Compares what was decided with a look that came after it: what one of them
 * has missed is not gone. Of what the look alone finds unreadable nothing is known.
 *
 * @returns All decisions; `undefined`: something was missed.
 */
function complete(found: Fingerprint, decisions: readonly Decision[]): Decision[] | undefined {
  if (!found.readable) return undefined;
  const decided = new Set(decisions.map(({ profile }) => profile));
  const missed = found.profiles.split("/").filter((name) =>
    /^[+?]/.test(name) && !decided.has(name.slice(1))
  );
  if (missed.some((name) => name.startsWith("+"))) return undefined;
  const unreadable = missed.map((name): Decision => ({
    profile: name.slice(1),
    wanted: "skipped",
    reason: `${MARKER_FILE} cannot be read`,
    failed: true,
    topology: "per-profile",
  }));
  return [...decisions, ...unreadable];
}

/** Watches what becomes of the workloads. */
class Bell {
  /** How often something happened to a workload that has to be undone. */
  rung = 0;
  /** What there shall be. */
  wanted: Wanted | undefined;
  /** As in {@linkcode reconcileCluster}. */
  readonly known: Map<string, number> = new Map();
  readonly #options: ClusterLoopOptions;
  readonly #watched = new Set<KubeKind>();

  constructor(options: ClusterLoopOptions) {
    this.#options = options;
  }

  #hear(kind: KubeKind, { type, object }: WatchEvent): void {
    if (this.wanted === undefined || !["MODIFIED", "DELETED"].includes(type)) return;
    const key = `${kind}/${object.metadata.name}`;
    const wanted = this.wanted.objects.get(key);
    if (wanted === undefined) return;
    const seen = see(object, kind, wanted, this.known.get(object.metadata.uid));
    const changes = planChanges(
      { ...this.wanted, objects: new Map([[key, wanted]]) },
      type === "DELETED" ? [] : [seen],
    );
    // A pass makes what else there is to change; one that was refused would ring with each new status.
    if (changes.some(({ act }) => act === "make" || act === "put back")) this.rung++;
  }

  /** Listens from a list on, where nobody does; what ends is begun anew after the next list. */
  listen(versions: ReadonlyMap<KubeKind, string>): void {
    const { api, warn, signal } = this.#options;
    for (const kind of OWN_KINDS) {
      const version = versions.get(kind);
      if (version === undefined || this.#watched.has(kind)) continue;
      this.#watched.add(kind);
      api.watch(kind, version, (event) => this.#hear(kind, event), signal)
        .catch((error) => {
          if (signal.aborted || error?.isTransient || error?.status === 410) return;
          warn(`cannot watch ${kind}: ${errorWords(survivable(error))}`);
        })
        .finally(() => this.#watched.delete(kind));
    }
  }
}

/** Makes a question whether a look sees something else than before, asked now and then. */
function staleness(look: () => Fingerprint, clock: Clock): () => boolean {
  const state = (found: Fingerprint) => found.readable ? found.profiles : undefined;
  const before = state(look());
  let nextAt = clock.now() + STALE_LOOK_MS;
  return () => {
    const startedAt = clock.now();
    if (startedAt < nextAt) return false;
    const isStale = state(look()) !== before;
    const endedAt = clock.now();
    nextAt = endedAt + Math.max(STALE_LOOK_MS, 10 * (endedAt - startedAt));
    return isStale;
  };
}

/**
 * Keeps the workloads of a namespace what the profiles on the volume ask for:
 * at the start, when profiles, or what is wanted of them, have changed, when
 * somebody has changed a workload, and every minute. While the profiles cannot
 * be read it waits. Nothing is removed unless the profiles were read whole and
 * the volume is the one that asked for it.
 *
 * Needs what {@linkcode readDecisions} and {@linkcode ensureVolumeId} need, and
 * what the way to the API server needs.
 *
 * @param options Where, by what, and whom to tell.
 * @returns When it is ended.
 * @throws {Error} What is no error of the API server's or of the volume's.
 *
 * @example
 * ```ts no-eval
 * import { runClusterLoop } from "./loop.ts";
 * await runClusterLoop(options);
 * ```
 */
export async function runClusterLoop(options: ClusterLoopOptions): Promise<void> {
  const { home, api, policy, inform, warn, signal, clock = SYSTEM_CLOCK } = options;
  const look = makeLook();
  const bell = new Bell(options);
  const pass = async (intact: () => boolean) => {
    const isStale = staleness(() => look(home), clock);
    const read = readDecisions(home, await options.readRules(warn), warn);
    const decisions = complete(look(home), read);
    if (decisions === undefined || !intact()) return false;
    const volume = ensureVolumeId(home);
    const wanted = renderDesired(decisions, policy, volume);
    for (const note of wanted.notes) warn(note);
    bell.wanted = wanted;
    const { ok, versions } = await reconcileCluster({
      ...{ api, wanted, known: bell.known, isStale, inform, warn },
      intact: () => intact() && isVolume(home, volume),
    });
    bell.listen(versions);
    return ok;
  };
  await watchProfiles({
    ...{ home, inform, warn, signal, clock },
    everyMs: EVERY_MS,
    look: (home) => {
      const found = look(home);
      return found.readable ? { ...found, profiles: `${found.profiles}/${bell.rung}` } : found;
    },
    async sync(intact) {
      try {
        return await pass(intact);
      } catch (error) {
        warn(`${errorWords(survivable(error))}; it is tried again`);
        return false;
      } finally {
        options.onPass?.();
      }
    },
  });
}
