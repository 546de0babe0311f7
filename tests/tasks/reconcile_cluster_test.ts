import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml/parse";
import { CLUSTER_LOOP } from "../../lib/image/stages.ts";
import { permissionFlags, RUN_FLAGS } from "../../lib/image/permissions.ts";
import { POLICY_DIR, SERVICE_ACCOUNT } from "../../lib/cluster/connection.ts";
import { ApiServer } from "../cluster/_api_server.ts";
import { replicas } from "../cluster/_loop.ts";
import { account, serveApi } from "../cluster/_serve.ts";
import { until } from "../container/until.ts";
import { NOWHERE, writeFacts } from "../_facts.ts";
import { denoEnv, Home, REPO, RUNNING, STOPPED } from "../_fixtures.ts";
import { type Outcome, run, TempDir } from "../_temp.ts";

/** The command line of the task in a pod, with exactly its permissions. */
function command(temp: TempDir, home: Home, dir: string, api: string): string[] {
  const facts = writeFacts({
    ...{ home: home.path, scandir: `${temp.path}/scandir`, role: "cluster" },
    ...{ cluster_api: api, HOSTNAME: "hermes-loop-x" },
  }, temp.path);
  const places = { ...NOWHERE, facts, home: home.path, api };
  const policy = temp.mkdir("policy");
  const flags = permissionFlags(CLUSTER_LOOP.permissions(places)).map((flag) =>
    flag.replace(SERVICE_ACCOUNT, dir).replace(POLICY_DIR, policy)
  );
  const options = [`--facts=${facts}`, `--account=${dir}`, `--policy=${policy}/policy.yaml`];
  return ["run", ...RUN_FLAGS, ...flags, `${REPO}/${CLUSTER_LOOP.entry}`, ...options];
}

function dryRun(temp: TempDir, home: Home, ...more: string[]): Promise<Outcome> {
  const dir = temp.mkdir("account");
  const args = [...command(temp, home, dir, "none.invalid:443"), "--dry-run", ...more];
  return run(Deno.execPath(), { args, env: denoEnv() });
}

Deno.test("the loop makes, changes and removes workloads over TLS, with its own permissions", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  const api = new ApiServer();
  const spec = { containers: [{ name: "loop", image: "registry.example.com/hermes:7" }] };
  api.apply("Pod/hermes-loop-x", { metadata: { name: "hermes-loop-x" }, spec }, "kubelet");
  const dir = account(temp);
  await using server = serveApi(dir, api);
  const child = new Deno.Command(Deno.execPath(), {
    args: command(temp, home, dir, server.address),
    ...{ env: denoEnv(), clearEnv: true, stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  const become = (wanted: Record<string, number>) =>
    until(JSON.stringify(wanted), () => {
      const { "Deployment/hermes-dashboard": _, ...found } = replicas(api);
      return Promise.resolve(JSON.stringify(found) === JSON.stringify(wanted));
    }, 20_000);
  try {
    await become({ coder: 1, default: 0 });
    const image = JSON.stringify(api.get("StatefulSet/hermes-coder"));
    assertStringIncludes(image, '"image":"registry.example.com/hermes:7"');
    home.add("coder", STOPPED);
    await become({ coder: 0, default: 0 });
    api.edit("StatefulSet/hermes-coder", ["spec", "replicas"], 2);
    await become({ coder: 0, default: 0 });
    Deno.removeSync(`${home.path}/profiles/coder`, { recursive: true });
    await become({ default: 0 });
  } finally {
    child.kill("SIGTERM");
  }
  const { code, stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, said);
  assertStringIncludes(said, "cluster-loop: info: StatefulSet/hermes-coder: made\n");
  assertEquals(said.split("no prior state").length, 2, said);
});

Deno.test("the loop's dry run prints what the cluster is to run, or a Compose file, and writes nothing", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  const { code, stdout, stderr } = await dryRun(temp, home, "--image=img:1");
  assertEquals(code, 0, stderr);
  assertEquals(stdout.match(/^ {2}name: .*/gm), [
    ...["  name: hermes-default", "  name: hermes-coder", "  name: hermes-dashboard"],
  ]);
  assertStringIncludes(stdout, 'image: "img:1"');
  const compose = await dryRun(temp, home, "--target=compose");
  const { services } = parse(compose.stdout) as { services: Record<string, unknown> };
  assertEquals(Object.keys(services), ["hermes-default", "hermes-coder", "dashboard"]);
  assert(![...Deno.readDirSync(home.path)].some(({ name }) => name.startsWith(".hermes-boot")));
});

Deno.test("the loop refuses in one line what it cannot go by", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  temp.mkdir("policy");
  temp.write("policy/policy.yaml", "claims: x");
  const wrong = await dryRun(temp, home);
  assertEquals([wrong.code, wrong.stdout], [2, ""]);
  assert(/^cluster-loop: error: \S+policy.yaml: claims: unknown key[^\n]*\n$/.test(wrong.stderr));
  temp.write("policy/policy.yaml", "");
  Deno.removeSync(`${home.path}/profiles`);
  const missing = await dryRun(temp, home);
  assertEquals([missing.code, missing.stdout], [1, ""]);
  assertStringIncludes(missing.stderr, "profiles is missing\n");
  const nowhere = await run(Deno.execPath(), {
    args: command(temp, home, temp.mkdir("account"), "none.invalid:443"),
    env: denoEnv(),
  });
  assertEquals(nowhere.code, 2);
  assertStringIncludes(nowhere.stderr, "KUBERNETES_SERVICE_HOST is not set");
});
