import { assertEquals } from "@std/assert";
import { SHARED_SCANDIR } from "../../lib/s6/places.ts";
import { type Container, type ContainerOptions, until } from "../container/container.ts";
import { bootContainer, type Home } from "./_live.ts";

/** What makes a gateway start. */
export const RUNNING = { state: { desired_state: "running" } };

/** The watcher's service directory. */
export const SERVICE = `${SHARED_SCANDIR}/profile-watch`;

/** Where the profiles are in a container. */
export const PROFILES = "/opt/data/profiles";

/** Shell lines that make a profile as hermes does: the state first, then what makes it one. */
export const MAKE = `make() {
  mkdir "$1" && echo '{"desired_state":"'"$2"'"}' >"$1/gateway_state.json" && : >"$1/SOUL.md"
}
cd ${PROFILES} && `;

/** Boots a container with the watcher and waits for its first sync. */
export async function watched(
  home: Home,
  mode: string,
  options: Omit<ContainerOptions, "data" | "env"> = {},
): Promise<Container> {
  const env = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: mode };
  const container = await bootContainer(home, { ...options, env });
  try {
    await untilSaid(container, "synced");
    return container;
  } catch (error) {
    await container.stop(0);
    throw error;
  }
}

/** The watcher's lines that contain some words. */
export async function said(container: Container, words: string): Promise<string[]> {
  return (await container.log()).split("\n")
    .filter((line) => line.startsWith("profile-watch: ") && line.includes(words));
}

/** Waits until it has said something. */
export function untilSaid(container: Container, words: string): Promise<boolean> {
  return until(`it says "${words}"`, async () => (await said(container, words)).length > 0, 30_000);
}

/** Waits until it has said something, once; it speaks when all of a sync is done. */
export async function untilSaidOnce(container: Container, words: string): Promise<void> {
  await untilSaid(container, words);
  assertEquals((await said(container, words)).length, 1, words);
}

/** Runs a shell script as hermes, which must succeed; returns what it printed. */
export async function asHermes(container: Container, script: string): Promise<string> {
  const { code, stdout, stderr } = await container.sh(script, { user: "hermes" });
  assertEquals(code, 0, stderr);
  return stdout;
}

/** Asks s6-svstat for the PID of a service; `undefined` when it is down or not supervised. */
export async function pidOf(container: Container, service: string): Promise<string | undefined> {
  const { code, stdout } = await container.sh(`s6-svstat -o pid ${service}`);
  return code === 0 && stdout !== "-1\n" ? stdout.trim() : undefined;
}

/** Waits until a service is up, with another PID than `not`. */
export function untilUp(container: Container, service: string, not?: string): Promise<string> {
  return until(`${service} is up`, async () => {
    const pid = await pidOf(container, service);
    return pid !== not && pid;
  }, 30_000);
}

/** Waits until a slot and its supervisors are gone. */
export function untilGone(container: Container, slot: string): Promise<boolean> {
  const name = slot.slice(slot.lastIndexOf("/") + 1);
  return until(`${slot} is gone`, async () => {
    const { code } = await container.sh(
      `[ ! -e ${slot} ] && ! grep -qa '^s6-supervise.${name}' /proc/[0-9]*/cmdline`,
    );
    return code === 0;
  }, 30_000);
}
