import { assert, assertEquals } from "@std/assert";
import { recordDesiredState } from "../../lib/profile/desired_state.ts";
import { denoEnv, REPO } from "../_fixtures.ts";
import { exists, type TempDir } from "../_temp.ts";
import type { Stepped } from "./_stepper.ts";

/** Long enough for a torn write to show. */
const KEPT = "k".repeat(20_000);
const BEFORE = JSON.stringify({ gateway_state: "running", kept: KEPT, desired_state: "running" });

function assertWhole(dir: string): void {
  const state = JSON.parse(Deno.readTextFileSync(`${dir}/gateway_state.json`));
  assertEquals(state.kept, KEPT);
  assert(["running", "stopped"].includes(state.desired_state), state.desired_state);
}

function assertRecovers(dir: string): void {
  recordDesiredState(dir, "stopped", new Date(0));
  const state = JSON.parse(Deno.readTextFileSync(`${dir}/gateway_state.json`));
  assertEquals([state.desired_state, state.updated_at, state.kept], ["stopped", 0, KEPT]);
  assert(!exists(`${dir}/gateway_state.json.new`));
}

/** A recording that replaces an intent. */
export const RECORD_INTENT: Stepped = {
  imports: `import { recordDesiredState } from "../lib/profile/desired_state.ts";`,
  script: `recordDesiredState(dir, "stopped", new Date());`,
  prepare: (temp) => void temp.write("gateway_state.json", BEFORE),
  verify(temp) {
    assertWhole(temp.path);
    assertRecovers(temp.path);
  },
};

const LOOP = `
import { recordDesiredState } from "file://${encodeURI(REPO)}/lib/profile/desired_state.ts";
console.log("ready");
for (let i = 0;; i++) recordDesiredState(Deno.args[0], i % 2 ? "running" : "stopped", new Date());
`;

/**
 * Kills a process that does nothing but record intents, at growing delays; a
 * reader looks at the file all the while.
 *
 * @returns The number of looks.
 */
export async function killRecorder(temp: TempDir, rounds: number): Promise<number> {
  const dir = temp.mkdir("profile");
  temp.write("profile/gateway_state.json", BEFORE);
  let looks = 0;
  for (let round = 0; round < rounds; round++) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", "--ext=ts", LOOP, dir],
      env: denoEnv(),
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    const end = performance.now() + 1 + round % 20 * 0.7;
    while (performance.now() < end) {
      assertWhole(dir);
      looks++;
    }
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    assertWhole(dir);
    assertRecovers(dir);
  }
  return looks;
}
