import { readFacts } from "../lib/rules/facts.ts";
import { errorWords } from "../lib/_errors.ts";
import { printable } from "../lib/_quote.ts";
import { ClusterApi } from "../lib/cluster/api.ts";
import { renderCompose } from "../lib/cluster/compose.ts";
import { connect, POLICY_DIR, SERVICE_ACCOUNT } from "../lib/cluster/connection.ts";
import { readDecisions } from "../lib/cluster/desired.ts";
import { runClusterLoop } from "../lib/cluster/loop.ts";
import { parsePolicy, type Policy } from "../lib/cluster/policy.ts";
import { renderCluster } from "../lib/cluster/render.ts";
import { toYaml } from "../lib/cluster/yaml.ts";
import { fingerprintProfiles } from "../lib/profile/fingerprint.ts";
import { type Options, runProgram, SettingError, UsageError } from "./_cli.ts";
import { containerRules, FACTS_HELP } from "./_facts.ts";
import { News } from "./_news.ts";

const name = "cluster-loop";
const help = `
Usage: reconcile_cluster.ts [--image IMAGE] [--facts FILE]
       reconcile_cluster.ts --dry-run [--target compose] [--image IMAGE] [--facts FILE]

Has a cluster run a workload for each profile of the Hermes home: at the start,
when profiles or what is wanted of them change, when somebody changes a
workload, and every minute. It does not end by itself.

  --dry-run        print the workloads as YAML, for "kubectl apply -f -", and end
  --target compose with --dry-run: print a Compose file instead
  --image IMAGE    where the policy names none (that of the pod itself)
  --policy FILE    what is asked of the cluster (${POLICY_DIR}/policy.yaml)
  --account DIR    the service account (${SERVICE_ACCOUNT})
${FACTS_HELP}
  --help           this text

Exit code: 0 done, or told to end; 1 it cannot go on; 2 wrong arguments or
settings.
`;

const inform = (message: string) => console.log(`${name}: info: ${printable(message)}`);
const warn = (message: string) => console.error(`${name}: warning: ${printable(message)}`);

function readPolicy(path: string, image: string | undefined): Policy {
  let text = "";
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    return parsePolicy(text, image);
  } catch (error) {
    throw new SettingError(`${path}: ${errorWords(error)}`);
  }
}

/** Finds the image that this pod runs. */
async function ownImage(api: ClusterApi, pod: string): Promise<string | undefined> {
  const { spec } = await api.get("Pod", pod);
  const { containers } = spec as { containers: { name: string; image: string }[] };
  return (containers.find(({ name }) => name === "loop") ?? containers[0])?.image;
}

async function main({ flags, values }: Options): Promise<number> {
  const facts = readFacts(values.get("facts"));
  const { home } = facts;
  const policyFile = values.get("policy") ?? `${POLICY_DIR}/policy.yaml`;
  const target = values.get("target");
  if (target !== undefined && (target !== "compose" || !flags.has("dry-run"))) {
    throw new UsageError("--target: expected compose, with --dry-run");
  }
  if (flags.has("dry-run")) {
    const policy = readPolicy(policyFile, values.get("image"));
    const found = fingerprintProfiles(home);
    if (!found.readable) throw new Error(found.problem);
    const decisions = readDecisions(home, await containerRules(facts, warn), warn);
    const documents = target === undefined
      ? renderCluster(decisions, policy)
      : [renderCompose(decisions, policy)];
    console.log(toYaml(documents).trimEnd());
    return 0;
  }
  // An interrupted pass is one that the next goes on with; PID 1 does not end by itself.
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => Deno.exit(0));
  }
  const server = facts.env("cluster_api");
  if (!server || server.startsWith("none.invalid:")) {
    throw new SettingError("not in a cluster's pod: KUBERNETES_SERVICE_HOST is not set");
  }
  using connection = connect(server, values.get("account"));
  const api = new ClusterApi(connection);
  const image = values.get("image") ?? await ownImage(api, facts.env("HOSTNAME") ?? "");
  const policy = readPolicy(policyFile, image);
  const news = new News();
  await runClusterLoop({
    ...{ home, api, policy, inform },
    readRules: (warn) => containerRules(facts, warn),
    warn: (message) => news.isNew(message, true) && warn(message),
    onPass: () => news.turn(),
    signal: new AbortController().signal,
  });
  return 1;
}

await runProgram({
  ...{ name, help },
  flags: ["dry-run"],
  values: ["target", "image", "policy", "account", "facts"],
}, main);
