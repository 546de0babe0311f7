import { assert, assertEquals } from "@std/assert";
import { readDecisions, renderDesired } from "../../lib/cluster/desired.ts";
import { parsePolicy } from "../../lib/cluster/policy.ts";
import { ensureVolumeId } from "../../lib/cluster/volume_id.ts";
import { NO_RULES, type Rules } from "../../lib/rules/rules.ts";
import { Home, RUNNING, STOPPED } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";
import { ApiServer } from "./_api_server.ts";
import { replicas, runLoop } from "./_loop.ts";

const CODER = "StatefulSet/hermes-coder";
const DASHBOARD = "Deployment/hermes-dashboard";
const QUIET = "dashboard: false";

function world(temp: TempDir): { home: Home; server: ApiServer } {
  const home = new Home(temp);
  home.add("coder", RUNNING);
  home.add("writer", STOPPED);
  return { home, server: new ApiServer() };
}

Deno.test("runClusterLoop() makes a workload a profile, and the dashboard's", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  const lines = await runLoop(home, server, 5000);
  assertEquals(replicas(server), { coder: 1, default: 0, writer: 0, [DASHBOARD]: 1 });
  assertEquals(lines.map((line) => line.slice(2)).sort(), [
    `${DASHBOARD}: made`,
    ...["coder", "default", "writer"].map((name) => `StatefulSet/hermes-${name}: made`),
  ]);
});

Deno.test("runClusterLoop() changes the replicas within three seconds of the intent", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  const at = {
    10_001: () => home.add("coder", STOPPED),
    20_001: () => home.add("coder", RUNNING),
    30_001: () => home.add("default", RUNNING),
  };
  const lines = await runLoop(home, server, 40_000, { at });
  const changes = lines.filter((line) => line.endsWith("changed"));
  assertEquals(changes.map((line) => line.split(":")[0]), [
    `11 ${CODER}`,
    `21 ${CODER}`,
    "30 StatefulSet/hermes-default",
  ]);
  assertEquals(replicas(server), { coder: 1, default: 1, writer: 0, [DASHBOARD]: 1 });
});

Deno.test("runClusterLoop() does not care for a state file that says the same again", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  const at = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [
      10_000 + i * 1000,
      () => home.add("coder", `{"desired_state":"running","updated_at":${i}}`),
    ]),
  );
  await runLoop(home, server, 50_000, { at });
  // One list of each kind, and one watch.
  assertEquals(server.count("GET"), 4);
});

Deno.test("runClusterLoop() puts back what somebody has changed, within three seconds, and says so", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  const at = {
    10_001: () => server.edit(CODER, ["spec", "replicas"], 3),
    20_001: () => server.edit(CODER, ["spec", "template", "spec", "containers"], []),
    30_001: () => server.drop(CODER),
    40_001: () => server.touch(CODER),
  };
  const lines = await runLoop(home, server, 50_000, { at, policy: QUIET });
  assertEquals(lines.filter((line) => line.includes(CODER)), [
    `0 ${CODER}: made`,
    `11 ${CODER}: put back: somebody had changed it`,
    `21 ${CODER}: put back: somebody had changed it`,
    `31 ${CODER}: made`,
  ]);
  assertEquals(replicas(server), { coder: 1, default: 0, writer: 0 });
});

Deno.test("runClusterLoop() puts back within a minute what it could not watch", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  server.trouble = { hangUp: 2 };
  const lines = await runLoop(home, server, 70_000, {
    at: { 10_001: () => server.edit(CODER, ["spec", "replicas"], 3) },
  });
  assert(lines.includes(`60 ${CODER}: put back: somebody had changed it`), lines.join("\n"));
});

Deno.test("runClusterLoop() removes the workload of a profile that is gone, also of the last", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  const remove = (name: string) =>
    Deno.removeSync(`${home.path}/profiles/${name}`, { recursive: true });
  const at = { 10_001: () => remove("coder"), 20_001: () => remove("writer") };
  await runLoop(home, server, 30_000, { at, policy: QUIET });
  assertEquals(replicas(server), { default: 0 });
  assertEquals(server.count("DELETE"), 2);
});

Deno.test("runClusterLoop() removes what the policy asks for no more", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  await runLoop(home, server, 5000);
  await runLoop(home, server, 5000, { policy: QUIET });
  assertEquals(replicas(server), { coder: 1, default: 0, writer: 0 });
});

Deno.test("runClusterLoop() removes nothing while profiles is away, unreadable, or another volume's", async () => {
  for (const kind of ["away", "unreadable", "replaced", "no ID", "bad ID", "moved"]) {
    using temp = new TempDir();
    const { home, server } = world(temp);
    const { path } = home;
    const root = `${path}/profiles`;
    const aside = (name: string) => Deno.renameSync(`${path}/${name}`, `${temp.path}/${name}`);
    const id = `${path}/.hermes-boot-volume`;
    const spoil = () => {
      if (kind === "unreadable") {
        aside("profiles");
        Deno.writeTextFileSync(root, "");
      } else if (kind === "away" || kind === "moved") aside("profiles");
      else if (kind === "replaced") {
        aside("profiles");
        Deno.mkdirSync(root);
        Deno.writeTextFileSync(id, `${crypto.randomUUID()}\n`);
      } else if (kind === "no ID") {
        aside("profiles");
        Deno.mkdirSync(root);
        Deno.removeSync(id);
      } else {
        Deno.removeSync(`${root}/coder`, { recursive: true });
        Deno.writeTextFileSync(id, "x");
      }
    };
    await runLoop(home, server, 200_000, { at: { 10_001: spoil }, policy: QUIET });
    assertEquals([kind, server.count("DELETE")], [kind, 0]);
    await runLoop(home, server, 200_000, { policy: QUIET });
    assertEquals([kind, server.count("DELETE")], [kind, 0]);
    assertEquals(replicas(server), { coder: 1, default: 0, writer: 0 });
  }
});

Deno.test("runClusterLoop() removes nothing once the volume is replaced in the middle of a pass", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  await runLoop(home, server, 5000, { policy: QUIET });
  Deno.removeSync(`${home.path}/profiles/coder`, { recursive: true });
  const send: typeof server.send = (request) => {
    Deno.writeTextFileSync(`${home.path}/.hermes-boot-volume`, `${crypto.randomUUID()}\n`);
    return server.send(request);
  };
  await runLoop(home, { ...server, send } as ApiServer, 5000, { policy: QUIET });
  assertEquals(replicas(server), { coder: 1, default: 0, writer: 0 });
});

Deno.test("runClusterLoop() does not take profiles for gone that were away while they were listed", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  await runLoop(home, server, 5000, { policy: QUIET });
  const [root, aside] = [`${home.path}/profiles`, `${temp.path}/aside`];
  const isThere = () => [...Deno.readDirSync(home.path)].some(({ name }) => name === "profiles");
  // Asked for the root profile, before the others are listed; and then, after it.
  const away = () => void (isThere() && Deno.renameSync(root, aside));
  const rules: Rules = {
    selection: { ...NO_RULES.selection, away },
    get topology() {
      if (!isThere()) Deno.renameSync(aside, root);
      return "per-profile" as const;
    },
  };
  await runLoop(home, server, 90_000, { policy: QUIET, rules });
  assertEquals(replicas(server), { coder: 1, default: 0, writer: 0 });
  assertEquals(server.count("DELETE"), 0);
});

Deno.test("runClusterLoop() leaves the workload of a profile that cannot be read as it is", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  await runLoop(home, server, 5000, { policy: QUIET });
  home.add("coder", "{");
  const marker = `${home.path}/profiles/writer/SOUL.md`;
  Deno.removeSync(marker);
  Deno.symlinkSync("SOUL.md", marker);
  const lines = await runLoop(home, server, 5000, { policy: QUIET });
  assertEquals(lines.map((line) => line.split(":").slice(1, 3).join(":")), [
    " profile=coder: its workload stays as it is",
    " profile=writer: its workload stays as it is",
  ]);
  assertEquals(replicas(server), { coder: 1, default: 0, writer: 0 });
});

Deno.test("runClusterLoop() never touches an object of the same name that is not its own", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  server.apply(CODER, { metadata: { name: "hermes-coder" }, spec: { replicas: 5 } }, "kubectl");
  const before = structuredClone(server.get(CODER));
  const lines = await runLoop(home, server, 100_000, { policy: QUIET });
  assertEquals(server.get(CODER), before);
  assertEquals(server.violations, []);
  const said = "it is not hermes-boot's, and is left alone; remove it, or rename the profile";
  assert(lines.includes(`0 warning: ${CODER}: ${said}`), lines.join("\n"));
});

Deno.test("runClusterLoop() says what to delete where a workload cannot be changed, and deletes nothing", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  await runLoop(home, server, 5000, { policy: QUIET });
  const policy = `${QUIET}\nprofiles: [{ match: coder, volume: { storage: 1Gi } }]`;
  const lines = await runLoop(home, server, 5000, { policy });
  const words = lines.find((line) => line.includes(CODER)) ?? "";
  assert(words.includes('"kubectl -n hermes delete statefulset hermes-coder" has it made'), words);
  assertEquals(server.count("DELETE"), 0);
});

Deno.test("runClusterLoop() does not ask for what was refused with each new status of it", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  await runLoop(home, server, 5000, { policy: QUIET });
  const before = server.count("PATCH");
  const policy = `${QUIET}\nprofiles: [{ match: coder, volume: { storage: 1Gi } }]`;
  const restart = (count: number) => () => server.edit(CODER, ["status", "restarts"], count);
  const at = Object.fromEntries(
    Array.from({ length: 100 }, (_, n) => [5001 + n * 3000, restart(n)]),
  );
  await runLoop(home, server, 310_000, { at, policy });
  const asked = server.count("PATCH") - before;
  assert(asked > 3 && asked < 20, `asked ${asked} times`);
});

Deno.test("two loops at once are harmless", async () => {
  using temp = new TempDir();
  const { home, server } = world(temp);
  const at = {
    10_001: () => home.add("coder", STOPPED),
    20_001: () => Deno.removeSync(`${home.path}/profiles/writer`, { recursive: true }),
  };
  const [one, two] = [runLoop(home, server, 90_000, { at }), runLoop(home, server, 90_000)];
  await Promise.all([one, two]);
  assertEquals(replicas(server), { coder: 0, default: 0, [DASHBOARD]: 1 });
  const writes = server.count("PATCH") + server.count("DELETE");
  assert(writes <= 2 * 6, `${writes} writes`);
  assertEquals(server.violations, []);
});

Deno.test("a pass over 10,000 unchanged profiles makes at most 20 list requests a kind, and no write", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (let i = 0; i < 10_000; i++) home.add(`p${i}`, RUNNING);
  const server = new ApiServer();
  const decisions = readDecisions(home.path, NO_RULES, () => {});
  const { objects } = renderDesired(decisions, parsePolicy(""), ensureVolumeId(home.path));
  for (const [key, object] of objects) server.apply(key, object, "hermes-boot");
  const before = [...server.objects.values()].map(({ object }) => object.metadata.resourceVersion);
  await runLoop(home, server, 10_000);
  assertEquals(server.objects.size, 10_002);
  assertEquals(server.requests.filter(({ method }) => method !== "GET"), []);
  const lists = server.requests.filter(({ path }) => path.includes("limit="));
  assert(lists.filter(({ path }) => path.includes("statefulsets")).length <= 20);
  assert(lists.filter(({ path }) => path.includes("deployments")).length <= 20);
  assertEquals(
    [...server.objects.values()].map(({ object }) => object.metadata.resourceVersion),
    before,
  );
});
