import { type Container, until } from "../container/container.ts";
import type { Boot, BootOptions, Home, Scene } from "./_live.ts";

/** A port that nobody listens at now: containers share the network. */
export function freePort(hostname = "127.0.0.1"): number {
  using listener = Deno.listen({ hostname, port: 0 });
  return listener.addr.port;
}

/** A container whose status service answers. */
export interface Status {
  container: Container;
  home: Home;
  /** Where it answers, without a slash at the end. */
  url: string;
}

/** Boots a container with the service status, and waits until it listens. */
export async function bootStatus(
  boot: Boot,
  profiles: Readonly<Record<string, Scene>>,
  { env, ...options }: BootOptions = {},
): Promise<Status> {
  const port = freePort();
  const on = { HERMES_STATUS: "1", HERMES_STATUS_PORT: String(port) };
  const booted = await boot(profiles, { ...options, env: { ...on, ...env } });
  const log = () => booted.container.log();
  await until("status listens", async () => /^status: info: listening/m.test(await log()), 30_000);
  return { ...booted, url: `http://127.0.0.1:${port}` };
}

/** Asks; returns the status and the body. */
export async function ask(url: string, init: RequestInit = {}): Promise<[number, string]> {
  const response = await fetch(url, { redirect: "manual", ...init });
  return [response.status, await response.text()];
}
