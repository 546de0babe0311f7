import type { ContainerFacts, GatewayFacts } from "../lib/explain/gateway.ts";

const ALIVE = { supervisor: "alive", frozen: false } as const;

/** A gateway that is up, with changes. */
export function gateway(changes: Partial<GatewayFacts> = {}): GatewayFacts {
  const status = { up: true, wantedUp: true, exitCode: null, signal: null };
  return {
    ...{ profile: "coder", dir: "/h/profiles/coder", found: "profile", wantedBy: [] },
    ...{ strays: [], doubles: [] },
    recorded: { state: "running", setBy: "operator", setAt: null },
    ...{ servicedir: "/s/gateway-coder", slot: "directory", unregistered: false, deaths: 3 },
    ...ALIVE,
    status: { ...status, pid: 7, seconds: 12.5 },
    logger: { ...ALIVE, status: { ...status, pid: 8, seconds: 12.5 } },
    logDir: "/h/logs/gateways/coder",
    ...changes,
  };
}

/** A container in which all is well. */
export const CONTAINER: ContainerFacts = {
  ...{ svscan: "alive", mode: "shared", role: "other", hasHermes: true },
};
