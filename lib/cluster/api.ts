import { ClusterApiError } from "../_errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../control/watch.ts";
import type { KubeObject } from "./object.ts";

/** One request to the API server. */
export interface ApiRequest {
  /** The verb; `PATCH` is a server-side apply. */
  method: "GET" | "PATCH" | "DELETE";
  /** The path with its query. */
  path: string;
  /** What is sent, JSON. */
  body?: unknown;
  /** Ends the request. */
  signal?: AbortSignal | undefined;
}

/**
 * Sends a request.
 *
 * @throws {ClusterApiError} With the status 0 if there is no answer.
 */
export type Send = (request: ApiRequest) => Promise<Response>;

/** The kinds of objects that the loop asks for, with their paths. */
const PATHS = {
  StatefulSet: ["apis/apps/v1", "statefulsets"],
  Deployment: ["apis/apps/v1", "deployments"],
  Pod: ["api/v1", "pods"],
} as const;

/** A kind of objects. */
export type KubeKind = keyof typeof PATHS;

/** The kinds that the loop makes and removes. */
export const OWN_KINDS = ["StatefulSet", "Deployment"] as const satisfies KubeKind[];

/** An object as the API server has it. */
export interface LiveObject extends KubeObject {
  /** What the server adds. */
  metadata: KubeObject["metadata"] & {
    uid: string;
    resourceVersion: string;
    generation?: number;
    deletionTimestamp?: string;
  };
}

/** A change of an object that is watched. */
export interface WatchEvent {
  /** `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`. */
  type: string;
  /** The object; of an `ERROR` it is a status. */
  object: LiveObject;
}

/** Who owns the fields that the loop sets. */
export const FIELD_MANAGER = "hermes-boot";

const PAGE = 1000;
const PACE_MS = 50;
const TRIES = 6;
const BACK_OFF_MS = 1000;
const LISTS = 3;
const WATCH_SECONDS = 300;

/** Options of {@linkcode ClusterApi}. */
export interface ClusterApiOptions {
  /** Sends requests. */
  send: Send;
  /** The namespace of all objects. */
  namespace: string;
  /** The clock. Default: the system's. */
  clock?: Clock | undefined;
  /** A number from 0 to 1 for the jitter. Default: `Math.random`. */
  random?: (() => number) | undefined;
}

async function readError(response: Response): Promise<ClusterApiError> {
  const text = await response.text().catch(() => "");
  let message = `HTTP ${response.status}`;
  try {
    const said = JSON.parse(text).message;
    if (typeof said === "string" && said !== "") message = said;
  } catch {
    // A proxy's own page; it helps nobody.
  }
  const seconds = Number(response.headers.get("retry-after") ?? 0);
  return new ClusterApiError(response.status, message, (seconds > 0 ? seconds : 0) * 1000);
}

/**
 * The few requests that a loop makes of the API server, over `fetch`. A client
 * library (`@kubernetes/client-node`) would bring some forty packages and want
 * the permissions `env`, `sys` and all of `net`; what it would save is what
 * stands here: pages, the pace, backing off. At most twenty requests a second
 * are made; 429, 5xx, 401 and no answer are tried again, five times, ever more
 * rarely, and everything else waits meanwhile. Every request may be repeated:
 * an apply says what there shall be, a removal which object is meant.
 */
export class ClusterApi {
  /** The namespace of all objects. */
  readonly namespace: string;
  readonly #send: Send;
  readonly #clock: Clock;
  readonly #random: () => number;
  #nextAt = 0;

  /**
   * Makes a client.
   *
   * @param options What it goes by.
   */
  constructor(
    { send, namespace, clock = SYSTEM_CLOCK, random = Math.random }: ClusterApiOptions,
  ) {
    this.namespace = namespace;
    this.#send = send;
    this.#clock = clock;
    this.#random = random;
  }

  #path(kind: string, name?: string, query: Readonly<Record<string, string>> = {}): string {
    const [group, plural] = PATHS[kind as KubeKind];
    const words = [
      group,
      "namespaces",
      this.namespace,
      plural,
      ...name === undefined ? [] : [name],
    ];
    const search = new URLSearchParams(query).toString();
    return `/${words.join("/")}${search === "" ? "" : `?${search}`}`;
  }

  async #pace(): Promise<void> {
    const now = this.#clock.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + PACE_MS;
    if (at > now) await this.#clock.sleep(at - now);
  }

  async #request<T>(request: ApiRequest, read: (response: Response) => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      await this.#pace();
      try {
        const response = await this.#send(request);
        if (!response.ok) throw await readError(response);
        return await read(response);
      } catch (error) {
        if (!(error instanceof ClusterApiError && error.isTransient) || tries === TRIES) {
          throw error;
        }
        const waitMs = Math.max(BACK_OFF_MS * 2 ** (tries - 1), error.retryAfterMs);
        this.#nextAt = this.#clock.now() + waitMs * (1 + this.#random() / 2);
      }
    }
  }

  #json(request: ApiRequest): Promise<Record<string, unknown>> {
    return this.#request(request, async (response) => {
      try {
        return await response.json();
      } catch {
        throw new ClusterApiError(0, "the answer broke off");
      }
    });
  }

  async #pages<T>(kind: KubeKind, pick: (object: LiveObject) => T) {
    const items: T[] = [];
    for (let token = "";;) {
      const query = { limit: String(PAGE), ...token === "" ? {} : { continue: token } };
      const list = await this.#json({ method: "GET", path: this.#path(kind, undefined, query) });
      const { continue: next, resourceVersion } = list["metadata"] as Record<string, string>;
      for (const item of list["items"] as LiveObject[] | null ?? []) items.push(pick(item));
      if (!next) return { items, resourceVersion: resourceVersion ?? "" };
      token = next;
    }
  }

  /**
   * Gets one object.
   *
   * @param kind Its kind.
   * @param name Its name.
   * @returns The object.
   * @throws {ClusterApiError} If it is refused.
   */
  async get(kind: KubeKind, name: string): Promise<LiveObject> {
    const path = this.#path(kind, name);
    return await this.#json({ method: "GET", path }) as unknown as LiveObject;
  }

  /**
   * Lists the objects of a kind, whosever they are, a thousand at a time.
   *
   * @param kind The kind.
   * @param pick What is kept of each.
   * @returns What is kept, and the version from which a watch can go on.
   * @throws {ClusterApiError} If that cannot be had whole.
   */
  async list<T>(
    kind: KubeKind,
    pick: (object: LiveObject) => T,
  ): Promise<{ items: T[]; resourceVersion: string }> {
    for (let tries = 1;; tries++) {
      try {
        return await this.#pages(kind, pick);
      } catch (error) {
        // What the next pages were to continue is forgotten.
        const isExpired = error instanceof ClusterApiError && error.status === 410;
        if (!isExpired || tries === LISTS) throw error;
      }
    }
  }

  /**
   * Watches the objects of a kind until the server ends it, after five minutes
   * at the latest. It is never tried again.
   *
   * @param kind The kind.
   * @param resourceVersion The version from which on.
   * @param onEvent Told of each change.
   * @param signal Ends it.
   * @throws {ClusterApiError} If it is refused, or breaks off.
   */
  async watch(
    kind: KubeKind,
    resourceVersion: string,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#pace();
    const query = { watch: "1", resourceVersion, timeoutSeconds: String(WATCH_SECONDS) };
    const path = this.#path(kind, undefined, query);
    // A connection that is lost without a word would be waited for, for ever.
    const late = AbortSignal.timeout((WATCH_SECONDS + 30) * 1000);
    const both = AbortSignal.any([signal, late]);
    const response = await this.#send({ method: "GET", path, signal: both });
    if (!response.ok) throw await readError(response);
    let rest = "";
    try {
      for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) if (line !== "") onEvent(JSON.parse(line));
      }
    } catch {
      throw new ClusterApiError(0, "the watch broke off");
    }
  }

  /**
   * Applies an object, as field manager {@linkcode FIELD_MANAGER}. With the UID
   * of the one that is there what others have set is put back; without one,
   * the server refuses to take over what others have set.
   *
   * @param object The object.
   * @param uid The UID of the one that it replaces.
   * @returns The object as the server has it now.
   * @throws {ClusterApiError} If it is refused.
   */
  async apply({ metadata, ...object }: KubeObject, uid?: string): Promise<LiveObject> {
    const { namespace } = this;
    const query = { fieldManager: FIELD_MANAGER, force: String(uid !== undefined) };
    const body = {
      ...object,
      metadata: { ...metadata, namespace, ...uid !== undefined && { uid } },
    };
    const path = this.#path(object.kind as string, metadata.name, query);
    return await this.#json({ method: "PATCH", path, body }) as unknown as LiveObject;
  }

  /**
   * Removes exactly the object that was seen, and its pods after it. One that
   * is gone already is fine.
   *
   * @param kind Its kind.
   * @param seen Its name, and by what it is known to be the same.
   * @throws {ClusterApiError} If it is refused.
   */
  async remove(
    kind: KubeKind,
    { name, uid, resourceVersion }: { name: string; uid: string; resourceVersion: string },
  ): Promise<void> {
    const body = { propagationPolicy: "Background", preconditions: { uid, resourceVersion } };
    try {
      await this.#json({ method: "DELETE", path: this.#path(kind, name), body });
    } catch (error) {
      if (!(error instanceof ClusterApiError && error.status === 404)) throw error;
    }
  }
}
