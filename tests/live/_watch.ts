import { assertEquals } from "@std/assert";
import { SHARED_SCANDIR } from "../../lib/s6/places.ts";
import { type Container, type ContainerOptions, until } from "../container/container.ts";
import { bootContainer, type Home, untilStatus } from "./_live.ts";

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
  { env, ...options }: Omit<ContainerOptions, "data"> = {},
): Promise<Container> {
  const on = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: mode };
  const container = await bootContainer(home, { ...options, env: { ...on, ...env } });
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

/** Waits until it has said something so many times; returns the lines. */
export function untilSaid(container: Container, words: string, count = 1): Promise<string[]> {
  return until(`it says "${words}"`, async () => {
    const lines = await said(container, words);
    return lines.length >= count && lines;
  }, 30_000);
}

/** Runs a shell script as hermes, which must succeed. */
export async function asHermes(container: Container, script: string): Promise<void> {
  const { code, stderr } = await container.sh(script, { user: "hermes" });
  assertEquals(code, 0, stderr);
}

/** Waits until a service is up, with another PID than `not`; returns its PID. */
export async function untilUp(container: Container, path: string, not?: number): Promise<number> {
  return (await untilStatus(container, path, "up", ({ up, pid }) => up && pid !== not)).pid;
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
