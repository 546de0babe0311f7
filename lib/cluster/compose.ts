import type { Decision } from "./decision.ts";
import { workloadName } from "./name.ts";
import {
  DASHBOARD_ENVIRONMENT,
  DASHBOARD_PORT,
  type Environment,
  gatewayEnvironment,
  HERMES_ID,
  HOME,
} from "./pod.ts";
import { type Policy, type Settings, settingsOf } from "./policy.ts";
import { parseQuantity } from "./quantity.ts";
import { PROFILE_ANNOTATION } from "./render.ts";

type Mapping = Record<string, unknown>;

/** Compose knows CPUs and memory; what else is asked for is a cluster's. */
function renderResources(resources: Readonly<Record<string, string>>): Mapping {
  const { cpu, memory } = resources;
  return {
    ...cpu === undefined ? {} : { cpus: String(Math.ceil(parseQuantity(cpu)! * 1000) / 1000) },
    ...memory === undefined ? {} : { memory: `${parseQuantity(memory)}b` },
  };
}

function renderService(
  { image, limits, requests }: Settings,
  environment: Environment,
  test: readonly string[],
): Mapping {
  return {
    image,
    user: `${HERMES_ID}:${HERMES_ID}`,
    restart: "unless-stopped",
    read_only: true,
    tmpfs: [`/run:exec,mode=755,uid=${HERMES_ID},gid=${HERMES_ID}`, "/tmp"],
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    stop_grace_period: "60s",
    environment,
    volumes: [`home:${HOME}`],
    healthcheck: { test, interval: "30s", timeout: "10s", start_period: "60s", retries: 3 },
    deploy: {
      resources: { limits: renderResources(limits), reservations: renderResources(requests) },
    },
  };
}

const READY = ["CMD", "gatewayctl", "health", "--ready"];
const DASHBOARD_UP = [
  "CMD-SHELL",
  '[ "$$(s6-svstat -o up /run/service/dashboard)" = true ]',
];

function renderGateway(decision: Decision, policy: Policy): Mapping {
  const { profile, wanted } = decision;
  const settings = settingsOf(policy, profile);
  const service = renderService(settings, gatewayEnvironment(decision), READY);
  return {
    ...service,
    labels: { [PROFILE_ANNOTATION]: profile },
    scale: wanted === "running" ? 1 : 0,
  };
}

function renderDashboard(settings: Settings): Mapping {
  const login = (name: string, value: string) => ({
    [`HERMES_DASHBOARD_BASIC_AUTH_${name}`]: `\${HERMES_DASHBOARD_BASIC_AUTH_${name}${value}}`,
  });
  const environment = {
    ...DASHBOARD_ENVIRONMENT,
    ...login("USERNAME", ":-admin"),
    ...login("PASSWORD", ":?set it to a password"),
    ...login("SECRET", ":-"),
  };
  return {
    ...renderService(settings, environment, DASHBOARD_UP),
    ports: [`127.0.0.1:${DASHBOARD_PORT}:${DASHBOARD_PORT}`],
  };
}

/**
 * Renders the same as {@linkcode renderCluster} for one host: a Compose file
 * with a service a profile, on one volume. What is stopped has no container
 * (`scale: 0`). What a policy says of claims, of nodes and of resources but CPU
 * and memory is left out. Pure.
 *
 * @param decisions What is decided about each profile; a skipped one has no service.
 * @param policy What is asked for.
 * @returns The file, for {@linkcode toYaml}.
 *
 * @example
 * ```ts
 * import { renderCompose } from "./compose.ts";
 * import { parsePolicy } from "./policy.ts";
 * const coder = { profile: "coder", wanted: "running", topology: "per-profile" } as const;
 * Object.keys(renderCompose([coder], parsePolicy("")).services); // ["hermes-coder", "dashboard"]
 * ```
 */
export function renderCompose(
  decisions: readonly Decision[],
  policy: Policy,
): { services: Mapping; volumes: Mapping } {
  const services = decisions.filter(({ wanted }) => wanted !== "skipped")
    .map((decision) => [workloadName(decision.profile), renderGateway(decision, policy)]);
  return {
    services: {
      ...Object.fromEntries(services),
      ...policy.dashboard && { dashboard: renderDashboard(policy.dashboard) },
    },
    volumes: { home: {} },
  };
}
