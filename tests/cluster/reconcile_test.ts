import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClusterApiError } from "../../lib/_errors.ts";
import { ClusterApi } from "../../lib/cluster/api.ts";
import type { Decision } from "../../lib/cluster/decision.ts";
import { renderDesired } from "../../lib/cluster/desired.ts";
import { parsePolicy } from "../../lib/cluster/policy.ts";
import { type ClusterOptions, reconcileCluster } from "../../lib/cluster/reconcile.ts";
import { ApiServer } from "./_api_server.ts";
import { TestClock } from "./_loop.ts";

const POLICY = parsePolicy("dashboard: false");

/** Reconciles a server with so many profiles; returns what was said. */
async function pass(server: ApiServer, profiles: number, options: Partial<ClusterOptions> = {}) {
  const decisions = Array.from({ length: profiles }, (_, i): Decision => (
    { profile: `p${i}`, wanted: "running", topology: "per-profile" }
  ));
  const lines: string[] = [];
  const { ok } = await reconcileCluster({
    api: new ClusterApi({ send: server.send, namespace: "hermes", clock: new TestClock() }),
    wanted: renderDesired(decisions, POLICY, "volume"),
    intact: () => true,
    isStale: () => false,
    known: new Map(),
    inform: (line) => lines.push(line),
    warn: (line) => lines.push(`warning: ${line}`),
    ...options,
  });
  return { ok, lines };
}

/** A server that refuses what is about some object. */
class Refusing extends ApiServer {
  constructor(name: string, status: number) {
    super();
    const { send } = this;
    Object.assign(this, {
      send: (request: Parameters<typeof send>[0]) => {
        if (!request.path.includes(name)) return send(request);
        return Promise.resolve(Response.json({ message: "because" }, { status }));
      },
    });
  }
}

Deno.test("reconcileCluster() tells a refusal with the object's name, and goes on with the others", async () => {
  for (const status of [403, 409, 422]) {
    const server = new Refusing("hermes-p1?", status);
    const { ok, lines } = await pass(server, 3);
    assert(!ok && lines[1]?.startsWith("warning: StatefulSet/hermes-p1: because"), lines.join());
    // What is not there is not to be deleted.
    assertEquals(lines[1]?.includes("delete statefulset"), false);
    assertEquals([...server.objects.keys()], ["StatefulSet/hermes-p0", "StatefulSet/hermes-p2"]);
  }
});

Deno.test("reconcileCluster() goes on after one object that the server fails on, and ends after three", async () => {
  assertEquals((await pass(new Refusing("hermes-p1?", 500), 3)).ok, false);
  await assertRejects(() => pass(new Refusing("hermes-", 500), 9), ClusterApiError, "because");
});

Deno.test("reconcileCluster() removes nothing once the volume is not what it was", async () => {
  const server = new ApiServer();
  await pass(server, 3);
  let asked = 0;
  const { ok } = await pass(server, 0, { intact: () => asked++ < 1 });
  assertEquals([ok, server.objects.size], [false, 2]);
  assertEquals((await pass(server, 0)).ok, true);
  assertEquals(server.objects.size, 0);
});

Deno.test("reconcileCluster() leaves the rest to another pass when something else is wanted, after a hundred changes", async () => {
  const server = new ApiServer();
  assertEquals((await pass(server, 150, { isStale: () => true })).ok, false);
  assertEquals(server.objects.size, 100);
  assertEquals((await pass(server, 150, { isStale: () => true })).ok, true);
  assertEquals(server.objects.size, 150);
});

Deno.test("reconcileCluster() writes nothing where nothing has changed, whatever the server made of it", async () => {
  const server = new ApiServer();
  const known = new Map<string, number>();
  await pass(server, 2, { known });
  server.edit("StatefulSet/hermes-p0", ["spec", "template", "metadata", "labels"], {}, "webhook");
  assertEquals((await pass(server, 2, { known })).lines, [
    "StatefulSet/hermes-p0: put back: somebody had changed it",
  ]);
  const writes = server.count("PATCH");
  assertEquals(await pass(server, 2, { known }), { ok: true, lines: [] });
  assertEquals(await pass(server, 2), { ok: true, lines: [] });
  assertEquals(server.count("PATCH"), writes);
});
