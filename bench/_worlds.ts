import { fromFileUrl } from "@std/path";

/** The gateway of the benchmarks. */
export const STUB_FILE: string = fromFileUrl(new URL("stub", import.meta.url));

/**
 * Names profiles. Pure; no permission is needed.
 *
 * @param count How many, the root profile included.
 * @returns Their names.
 */
export function profileNames(count: number): string[] {
  return Array.from({ length: count }, (_, n) => n === 0 ? "default" : `profile-${n}`);
}

/**
 * Makes a Hermes home with profiles, in whose state files stand the given states by turns.
 *
 * @param home Where.
 * @param profiles How many.
 * @param states The states.
 */
export async function makeHome(
  home: string,
  profiles: number,
  ...states: readonly string[]
): Promise<void> {
  for (const [index, name] of profileNames(profiles).entries()) {
    const dir = index === 0 ? home : `${home}/profiles/${name}`;
    await Deno.mkdir(dir, { recursive: true });
    await Deno.writeTextFile(`${dir}/SOUL.md`, "");
    const state = states[index % states.length];
    await Deno.writeTextFile(`${dir}/gateway_state.json`, `{"gateway_state":"${state}"}\n`);
  }
}
