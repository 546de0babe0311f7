import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClusterApiError } from "../../lib/_errors.ts";
import { ClusterApi, type Send, type WatchEvent } from "../../lib/cluster/api.ts";
import type { KubeObject } from "../../lib/cluster/object.ts";
import { ApiServer } from "./_api_server.ts";
import { TestClock } from "./_loop.ts";

const CODER: KubeObject = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "hermes-coder" },
  spec: { replicas: 1 },
};

function client(send: Send, random = () => 0) {
  const clock = new TestClock();
  return { clock, api: new ClusterApi({ send, namespace: "hermes", clock, random }) };
}

/** Answers with these, one after the other; notes when each was asked for. */
function script(answers: readonly (Response | undefined)[]) {
  const times: number[] = [];
  const { clock, api } = client(() => {
    const answer = answers[times.length];
    times.push(clock.now());
    if (answer === undefined) return Promise.reject(new ClusterApiError(0, "no answer"));
    return Promise.resolve(answer);
  });
  return { api, times };
}

const failure = (status: number, headers = {}) => new Response("", { status, headers });
const list = () => Response.json({ metadata: { resourceVersion: "7" }, items: [] });

Deno.test("ClusterApi makes at most twenty requests a second", async () => {
  const { times, api } = script(Array.from({ length: 41 }, list));
  for (let i = 0; i < 41; i++) await api.list("StatefulSet", () => 0);
  assertEquals([times[1], times[20], times[40]], [50, 1000, 2000]);
});

Deno.test("ClusterApi tries 429, 5xx, 401 and no answer again, ever more rarely, then gives up", async () => {
  for (const answer of [() => failure(429), () => failure(500), () => failure(401), () => {}]) {
    const answers = Array.from({ length: 6 }, () => answer() ?? undefined);
    const { times, api } = script(answers);
    await assertRejects(() => api.list("StatefulSet", () => 0), ClusterApiError);
    assertEquals(times, [0, 1000, 3000, 7000, 15_000, 31_000]);
  }
});

Deno.test("ClusterApi waits as long as Retry-After says, with jitter", async () => {
  let calls = 0;
  const send = () =>
    Promise.resolve(calls++ === 0 ? failure(429, { "retry-after": "20" }) : list());
  const { clock, api } = client(send, () => 1);
  await api.list("StatefulSet", () => 0);
  assertEquals(clock.time, 30_000);
});

Deno.test("ClusterApi does not try a refusal again", async () => {
  for (const status of [403, 404, 409, 422]) {
    const { times, api } = script([failure(status)]);
    await assertRejects(() => api.apply(CODER), ClusterApiError, `HTTP ${status}`);
    assertEquals(times.length, 1);
  }
});

Deno.test("ClusterApi.list() begins again when a page has expired, and gives up in the end", async () => {
  const server = new ApiServer();
  for (let i = 0; i < 2500; i++) {
    server.apply(`StatefulSet/s${i}`, { metadata: { name: `s${i}` } }, "x");
  }
  const { api } = client(server.send);
  const { items } = await api.list("StatefulSet", ({ metadata: { name } }) => name);
  assertEquals([items.length, new Set(items).size, server.count("GET")], [2500, 2500, 3]);
  server.trouble = { expire: 2 };
  const error = await assertRejects(() => api.list("StatefulSet", () => 0), ClusterApiError);
  assertEquals([error.status, server.count("GET")], [410, 9]);
});

Deno.test("ClusterApi.list() takes an answer that breaks off for none", async () => {
  const { times, api } = script([new Response('{"items": ['), list()]);
  assertEquals((await api.list("StatefulSet", () => 0)).resourceVersion, "7");
  assertEquals(times.length, 2);
});

Deno.test("ClusterApi.apply() takes over nothing without the UID of what it replaces", async () => {
  const server = new ApiServer();
  const { api } = client(server.send);
  const { metadata: { uid } } = await api.apply(CODER);
  server.edit("StatefulSet/hermes-coder", ["spec", "replicas"], 3);
  await assertRejects(() => api.apply(CODER), ClusterApiError, "conflict with kubectl");
  await assertRejects(() => api.apply(CODER, "another"), ClusterApiError, "modified");
  const { metadata, spec } = await api.apply(CODER, uid);
  assertEquals([metadata.generation, spec], [3, { replicas: 1 }]);
});

Deno.test("ClusterApi.remove() removes what was seen, and is content when it is gone", async () => {
  const server = new ApiServer();
  const { api } = client(server.send);
  const { metadata } = await api.apply(CODER);
  await assertRejects(() => api.remove("StatefulSet", { ...metadata, uid: "x" }), ClusterApiError);
  server.touch("StatefulSet/hermes-coder");
  await assertRejects(() => api.remove("StatefulSet", metadata), ClusterApiError);
  await api.remove("StatefulSet", server.get("StatefulSet/hermes-coder")!.metadata);
  await api.remove("StatefulSet", metadata);
  assertEquals(server.objects.size, 0);
});

Deno.test("ClusterApi.watch() tells what happens from a version on, until it is ended", async () => {
  const server = new ApiServer();
  const { api } = client(server.send);
  const { resourceVersion } = await api.list("StatefulSet", () => 0);
  await api.apply(CODER);
  const end = new AbortController();
  const events: WatchEvent[] = [];
  const ended = api.watch("StatefulSet", resourceVersion, (event) => {
    events.push(event);
    if (events.length === 3) end.abort();
  }, end.signal);
  await new Promise((resolve) => setTimeout(resolve));
  server.touch("StatefulSet/hermes-coder");
  server.drop("StatefulSet/hermes-coder");
  await ended;
  assertEquals(events.map(({ type }) => type), ["ADDED", "MODIFIED", "DELETED"]);
  server.trouble = { expire: 2 };
  const again = () => api.watch("StatefulSet", "1", () => {}, new AbortController().signal);
  assertEquals((await assertRejects(again, ClusterApiError)).status, 410);
  assert(server.requests.every(({ path }) => path.startsWith("/apis/apps/v1/namespaces/hermes/")));
});
