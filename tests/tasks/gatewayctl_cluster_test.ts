import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../lib/image/commands.ts";
import { permissionFlags } from "../../lib/image/permissions.ts";
import { ClusterApi } from "../../lib/cluster/api.ts";
import type { Decision } from "../../lib/cluster/decision.ts";
import { clusterRowJson } from "../../tasks/_gatewayctl/cluster_list.ts";
import { clusterRows } from "../../tasks/_gatewayctl/cluster_look.ts";
import { ApiServer } from "../cluster/_api_server.ts";
import { TestClock } from "../cluster/_loop.ts";
import { writeFacts } from "../_facts.ts";
import { Home, runEntry, RUNNING, runScript, STOPPED } from "../_fixtures.ts";
import { jsonProblems } from "../_json_output.ts";
import { TempDir } from "../_temp.ts";

/** A server with a gateway that runs, one that finds no node, and one without a pod. */
function cluster(): ApiServer {
  const server = new ApiServer();
  const labels = { "app.kubernetes.io/managed-by": "hermes-boot" };
  const workload = (profile: string, replicas: number) => {
    const name = `hermes-${profile}`;
    server.apply(`StatefulSet/${name}`, { metadata: { name, labels }, spec: { replicas } }, "x");
  };
  const pod = (profile: string, status: unknown) => {
    const name = `hermes-${profile}-0`;
    const spec = { nodeName: "node-a" };
    server.apply(`Pod/${name}`, { metadata: { name }, spec, status }, "kubelet");
  };
  workload("coder", 1);
  workload("writer", 0);
  workload("scout", 1);
  pod("coder", {
    ...{ phase: "Running", startTime: new Date(Date.now() - 90_000).toISOString() },
    containerStatuses: [{ ready: true, restartCount: 2, state: { running: {} } }],
  });
  const message = "0/3 nodes are available: 3 Insufficient memory.";
  pod("scout", { conditions: [{ type: "PodScheduled", status: "False", message }] });
  return server;
}

const DECISIONS = (["coder", "scout", "writer"] as const).map((profile): Decision => (
  { profile, wanted: profile === "writer" ? "stopped" : "running", topology: "per-profile" }
));

function rows() {
  const { send } = cluster();
  return clusterRows(
    DECISIONS,
    new ClusterApi({ send, namespace: "hermes", clock: new TestClock() }),
  );
}

/** Runs a command of gatewayctl on those rows. */
async function runOn(home: string, command: string, ...words: string[]) {
  const json = JSON.stringify(await rows());
  const { stdout, code, stderr } = await runScript(`
    import { COMMANDS } from "../lib/image/commands.ts";
    import { parseCommand } from "../tasks/_gatewayctl/arguments.ts";
    import { run } from "../tasks/_gatewayctl/cluster_${command}.ts";
    const command = COMMANDS.find(({ name }) => name === "${command}");
    const args = parseCommand(command, ${JSON.stringify(words)});
    Deno.exitCode = await run(args, { home: ${JSON.stringify(home)} }, () => (${json}));
  `);
  return { stdout, code, stderr };
}

Deno.test("clusterRows() puts decisions, workloads and pods together", async () => {
  const found = (await rows()).map(({ profile, diagnosis: { cause } }) => [profile, cause]);
  assertEquals(found, [["coder", "running"], ["scout", "unschedulable"], ["writer", "stopped"]]);
  const [coder] = (await rows()).map(clusterRowJson);
  assertEquals([coder?.["pod"], coder?.["node"], coder?.["deaths"], coder?.["up"]], [
    ...["hermes-coder-0", "node-a", 2, true],
  ]);
});

Deno.test("list in the loop's pod shows pods and nodes, and prints the JSON that is declared", async () => {
  using temp = new TempDir();
  const { stdout } = await runOn(temp.path, "list");
  assertEquals(stdout.split("\n"), [
    "PROFILE  STATE           FOR  RESTARTS  POD             NODE",
    "coder    running          1m         2  hermes-coder-0  node-a",
    "scout    no node for it    -         -  hermes-scout-0  node-a",
    "writer   stopped           -         -  -               -",
    "3 gateways: 1 running, 1 stopped, 1 failed",
    "",
  ]);
  const json = await runOn(temp.path, "list", "--json", "--failed");
  assertEquals(jsonProblems("list", JSON.parse(json.stdout)), []);
  assertEquals(JSON.parse(json.stdout).gateways.length, 1);
  assertEquals((await runOn(temp.path, "list", "ghost")).code, 3);
});

Deno.test("why in the loop's pod names the cause, with a command that helps", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("scout", RUNNING);
  const { stdout, code } = await runOn(home.path, "why", "scout");
  assertEquals(code, 0);
  assertEquals(stdout.split("\n").slice(0, 4), [
    "scout: no node takes its pod: 0/3 nodes are available: 3 Insufficient memory.",
    "  state:    running, set by the operator",
    "  try:      kubectl -n hermes describe pod hermes-scout-0",
    "  outside:  more or larger nodes, or less in requests of the policy",
  ]);
  const all = await runOn(home.path, "why");
  assert(all.stdout.startsWith("scout: failed: no node takes its pod"), all.stdout);
  const json = await runOn(home.path, "why", "--json", "scout");
  assertEquals(jsonProblems("why", JSON.parse(json.stdout)), []);
});

Deno.test("start and stop in the loop's pod record the intent, with their own permissions", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", STOPPED);
  const scandir = `${temp.path}/run/hermes/service`;
  const facts = writeFacts({ home: home.path, scandir, role: "cluster" }, temp.path);
  const change = (name: string, ...words: string[]) => {
    const command = COMMANDS.find((command) => command.name === name)!;
    const flags = permissionFlags(command.inCluster!({ facts, home: home.path, scandir }));
    return runEntry("tasks/gatewayctl.ts", flags, { args: ["--facts", facts, name, ...words] });
  };
  const state = (dir: string) =>
    JSON.parse(Deno.readTextFileSync(`${dir}/gateway_state.json`)).desired_state;
  const { code, stdout, stderr } = await change("start", "coder", "default");
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "coder: running is recorded; the loop tells the cluster");
  const coder = `${home.path}/profiles/coder`;
  assertEquals([state(coder), state(home.path)], ["running", "running"]);
  assertEquals((await change("stop", "--all")).code, 0);
  assertEquals([state(coder), state(home.path)], ["stopped", "stopped"]);
  const ghost = await change("start", "ghost");
  assertEquals(ghost.code, 3);
  assertStringIncludes(ghost.stderr, "gatewayctl: error: ghost: no such profile");
});
