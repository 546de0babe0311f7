import { ClusterApiError } from "../../lib/_errors.ts";
import type { ApiRequest, LiveObject, Send, WatchEvent } from "../../lib/cluster/api.ts";

type Mapping = Record<string, unknown>;

interface Stored {
  object: LiveObject;
  /** Who owns each leaf, by its path. */
  owners: Map<string, Set<string>>;
}

/** What goes wrong, each with a probability. */
export interface Trouble {
  /** An answer that is no success, before anything was done. */
  refuse?: number;
  /** No answer, although it was done. */
  lose?: number;
  /** A page's token that has expired. */
  expire?: number;
  /** The end of a watch, at each event. */
  hangUp?: number;
}

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The leaves of a value; a list is one. */
function* leaves(value: unknown, path = ""): Generator<[path: string, value: unknown]> {
  if (!isMapping(value) || Object.keys(value).length === 0) return void (yield [path, value]);
  for (const [key, item] of Object.entries(value)) {
    yield* leaves(item, `${path}\0${key}`);
  }
}

function at(object: unknown, path: string): unknown {
  return path.split("\0").slice(1).reduce<unknown>(
    (value, key) => isMapping(value) ? value[key] : undefined,
    object,
  );
}

function put(object: Mapping, path: string, value: unknown): void {
  const keys = path.split("\0").slice(1);
  const last = keys.pop()!;
  let place = object;
  for (const key of keys) place = (place[key] ??= {}) as Mapping;
  if (value === undefined) delete place[last];
  else place[last] = value;
}

const isEqual = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

const IMMUTABLE = ["selector", "serviceName", "volumeClaimTemplates"];

const REASONS: Readonly<Record<number, string>> = {
  403: "forbidden: quota exceeded",
  404: "not found",
  409: "the object has been modified",
  410: "the provided continue parameter is too old",
  422: "is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas'",
  429: "too many requests",
};

/**
 * Stands in for an API server with one namespace: server-side apply with field
 * managers and conflicts, UIDs, versions and generations, pages, watches, and
 * trouble at random.
 */
export class ApiServer {
  /** The objects, by kind and name. */
  readonly objects = new Map<string, Stored>();
  /** Every request that arrived. */
  readonly requests: ApiRequest[] = [];
  /** What was done to objects without the loop's label: nothing is to be. */
  readonly violations: string[] = [];
  /** What goes wrong. */
  trouble: Trouble = {};
  readonly #random: () => number;
  #version = 1;
  #uid = 0;
  readonly #pages = new Map<string, LiveObject[]>();
  readonly #events: { version: number; key: string; event: WatchEvent }[] = [];
  readonly #watches = new Set<{ kind: string; on(event?: WatchEvent): void }>();

  constructor(random: () => number = () => 1) {
    this.#random = random;
  }

  /** Whether something of a probability happens. */
  #happens(probability: number | undefined): boolean {
    return this.#random() < (probability ?? 0);
  }

  /** Requests by method. */
  count(method: string): number {
    return this.requests.filter((request) => request.method === method).length;
  }

  /** The object itself. */
  get(key: string): LiveObject | undefined {
    return this.objects.get(key)?.object;
  }

  #tell(type: string, key: string, object: LiveObject): void {
    const event = { type, object: structuredClone(object) };
    this.#events.push({ version: this.#version, key, event });
    for (const watch of this.#watches) {
      if (!key.startsWith(`${watch.kind}/`)) continue;
      if (this.#happens(this.trouble.hangUp)) watch.on();
      else watch.on(event);
    }
  }

  #store(key: string, stored: Stored, before?: LiveObject): void {
    const { metadata } = stored.object;
    const isNew = before === undefined;
    if (!isNew && isEqual({ ...before, metadata: 0 }, { ...stored.object, metadata: 0 })) {
      metadata.generation = before.metadata.generation!;
      if (isEqual(before.metadata, metadata)) return;
    } else metadata.generation = (before?.metadata.generation ?? 0) + 1;
    metadata.resourceVersion = String(++this.#version);
    this.objects.set(key, stored);
    this.#tell(isNew ? "ADDED" : "MODIFIED", key, stored.object);
  }

  /** Does what a manager asks for, as a server-side apply. */
  apply(
    key: string,
    wanted: Mapping,
    manager: string,
    { force = false, uid }: { force?: boolean; uid?: string } = {},
  ): Response | LiveObject {
    const stored = this.objects.get(key);
    const before = stored?.object;
    if (uid !== undefined && before?.metadata.uid !== uid) return failure(409);
    const object = structuredClone(
      before ?? { metadata: { uid: `uid-${++this.#uid}` } },
    ) as Mapping;
    const owners = new Map([...stored?.owners ?? []].map(([path, who]) => [path, new Set(who)]));
    const given = [...leaves(wanted)];
    for (const [path, value] of given) {
      const others = [...owners.get(path) ?? []].filter((owner) => owner !== manager);
      const differs = !isEqual(at(object, path), value);
      if (differs && others.length > 0 && !force) return failure(409, `conflict with ${others[0]}`);
      owners.set(path, new Set(differs ? [manager] : [...others, manager]));
      put(object, path, value);
    }
    const kept = new Set(given.map(([path]) => path));
    for (const [path, who] of owners) {
      if (kept.has(path) || !who.delete(manager) || who.size > 0) continue;
      owners.delete(path);
      put(object, path, undefined);
    }
    const spec = (value: unknown, field: string) => at(value, `\0spec\0${field}`);
    if (before && IMMUTABLE.some((field) => !isEqual(spec(before, field), spec(object, field)))) {
      return failure(422);
    }
    this.#store(key, { object: object as LiveObject, owners }, before);
    return this.get(key)!;
  }

  /** Sets one field past everybody, as `kubectl edit` or `kubectl scale` does. */
  edit(key: string, path: readonly string[], value: unknown, manager = "kubectl"): void {
    const stored = this.objects.get(key)!;
    const object = structuredClone(stored.object);
    const joined = `\0${path.join("\0")}`;
    put(object as unknown as Mapping, joined, value);
    const owners = new Map(stored.owners).set(joined, new Set([manager]));
    if (value === undefined) owners.delete(joined);
    this.#store(key, { object, owners }, stored.object);
  }

  /** Changes the status, as the controllers do all the time. */
  touch(key: string): void {
    const { object } = this.objects.get(key)!;
    object.metadata.resourceVersion = String(++this.#version);
    this.#tell("MODIFIED", key, object);
  }

  /** Removes an object past everybody. */
  drop(key: string): void {
    const { object } = this.objects.get(key)!;
    this.objects.delete(key);
    object.metadata.resourceVersion = String(++this.#version);
    this.#tell("DELETED", key, object);
  }

  #isOurs(key: string): boolean {
    const labels = this.get(key)?.metadata.labels ?? {};
    return labels["app.kubernetes.io/managed-by"] === "hermes-boot";
  }

  #list(kind: string, query: URLSearchParams): Response {
    const token = query.get("continue");
    if (token !== null && this.#happens(this.trouble.expire)) return failure(410);
    const all = token === null
      ? [...this.objects].filter(([key]) => key.startsWith(`${kind}/`))
        .map(([, { object: { kind: _, apiVersion: __, ...rest } }]) =>
          structuredClone(rest) as LiveObject
        )
      : this.#pages.get(token)!;
    const limit = Number(query.get("limit"));
    const next = all.length > limit ? String(this.#pages.size + 1) : "";
    if (next !== "") this.#pages.set(next, all.slice(limit));
    const metadata = { resourceVersion: String(this.#version), continue: next };
    return Response.json({ metadata, items: all.slice(0, limit) });
  }

  #watch(kind: string, query: URLSearchParams, signal?: AbortSignal): Response {
    if (this.#happens(this.trouble.expire)) return failure(410);
    const since = Number(query.get("resourceVersion"));
    const encoder = new TextEncoder();
    let end = () => {};
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        const watch = {
          kind,
          on(event?: WatchEvent) {
            if (event === undefined) end();
            else controller.enqueue(encoder.encode(`${JSON.stringify(event)}\n`));
          },
        };
        this.#watches.add(watch);
        end = () => this.#watches.delete(watch) && controller.close();
        for (const { version, key, event } of this.#events) {
          if (version > since && key.startsWith(`${kind}/`)) watch.on(event);
        }
        signal?.addEventListener("abort", () => end());
      },
      cancel: () => end(),
    });
    return new Response(body);
  }

  #serve({ method, path, body, signal }: ApiRequest): Response {
    const { pathname, searchParams } = new URL(path, "https://server");
    const [, plural = "", name] = /\/namespaces\/hermes\/(\w+)(?:\/(.+))?$/.exec(pathname) ?? [];
    const kind = { statefulsets: "StatefulSet", deployments: "Deployment", pods: "Pod" }[plural]!;
    if (name === undefined) {
      const isWatch = searchParams.has("watch");
      return isWatch ? this.#watch(kind, searchParams, signal) : this.#list(kind, searchParams);
    }
    const key = `${kind}/${name}`;
    if (method === "GET") {
      const object = this.get(key);
      return object === undefined ? failure(404) : Response.json(object);
    }
    const isOthers = this.objects.has(key) && !this.#isOurs(key);
    let result: Response | LiveObject;
    if (method === "DELETE") {
      const { uid, resourceVersion } = (body as { preconditions: LiveObject["metadata"] })
        .preconditions;
      const object = this.get(key);
      if (object === undefined) return failure(404);
      if (object.metadata.uid !== uid) return failure(409);
      if (object.metadata.resourceVersion !== resourceVersion) return failure(409);
      this.drop(key);
      result = object;
    } else {
      const { metadata: { uid, ...metadata }, ...rest } = body as LiveObject;
      const force = searchParams.get("force") === "true";
      const manager = searchParams.get("fieldManager")!;
      const options = { force, ...uid === undefined ? {} : { uid } };
      result = this.apply(key, { ...rest, metadata }, manager, options);
    }
    if (!(result instanceof Response) && isOthers) this.violations.push(`${method} ${key}`);
    return result instanceof Response ? result : Response.json(result);
  }

  /** Answers a request. */
  readonly send: Send = async (request) => {
    await Promise.resolve();
    this.requests.push(request);
    if (this.#happens(this.trouble.refuse)) {
      const statuses = request.method === "GET" ? [429, 500, 503] : [403, 409, 422, 429, 500, 503];
      return failure(statuses[Math.floor(this.#random() * statuses.length)]!);
    }
    const response = this.#serve(request);
    if (this.#happens(this.trouble.lose)) throw new ClusterApiError(0, "no answer");
    return response;
  };
}

function failure(status: number, message = REASONS[status] ?? "trouble"): Response {
  const headers = status === 429 ? { "retry-after": "2" } : {};
  return Response.json({ kind: "Status", message }, { status, headers });
}
