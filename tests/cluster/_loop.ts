import { ClusterApi } from "../../lib/cluster/api.ts";
import { runClusterLoop } from "../../lib/cluster/loop.ts";
import { parsePolicy } from "../../lib/cluster/policy.ts";
import { NO_RULES, type Rules } from "../../lib/rules/rules.ts";
import type { Home } from "../_fixtures.ts";
import type { ApiServer } from "./_api_server.ts";

/** A clock that only waiting moves. */
export class TestClock {
  time = 0;
  /** Called as time passes. */
  onSleep: () => void = () => {};

  now(): number {
    return this.time;
  }

  async sleep(ms: number): Promise<void> {
    this.time += ms;
    this.onSleep();
    // What a watch has been told goes through a few promises.
    for (let i = 0; i < 30; i++) await null;
  }
}

/** How {@linkcode runLoop} runs. */
export interface LoopRun {
  /** What happens, by the time. */
  at?: Readonly<Record<number, () => unknown>>;
  policy?: string;
  rules?: Rules;
  clock?: TestClock;
  /** Called as time passes. */
  onSleep?: () => void;
}

/** Runs a loop for so many milliseconds; returns what it said, after the time in seconds. */
export async function runLoop(
  { path: home }: Home,
  server: ApiServer,
  forMs: number,
  { at = {}, policy = "", rules = NO_RULES, clock = new TestClock(), onSleep = () => {} }: LoopRun =
    {},
): Promise<string[]> {
  const lines: string[] = [];
  const note = (text: string) =>
    text.includes("no prior state") ||
    lines.push(`${Math.floor(clock.time / 1000)} ${text.replaceAll(home, "HOME")}`);
  const end = new AbortController();
  const start = clock.time;
  const due = Object.keys(at).map(Number).sort((a, b) => a - b);
  clock.onSleep = () => {
    while (due.length > 0 && start + due[0]! <= clock.time) at[due.shift()!]!();
    onSleep();
    if (clock.time - start >= forMs) end.abort();
  };
  const random = () => 0.5;
  await runClusterLoop({
    home,
    api: new ClusterApi({ send: server.send, namespace: "hermes", clock, random }),
    policy: parsePolicy(policy),
    readRules: () => Promise.resolve(rules),
    inform: note,
    warn: (message) => note(`warning: ${message}`),
    signal: end.signal,
    clock,
  }).finally(() => end.abort());
  return lines;
}

/** How many replicas each workload of a profile is asked for. */
export function replicas(server: ApiServer): Record<string, unknown> {
  const entries = [...server.objects].filter(([, { object }]) =>
    object.metadata.labels?.["app.kubernetes.io/managed-by"] === "hermes-boot"
  ).map(([key, { object }]) =>
    [
      key.replace("StatefulSet/hermes-", ""),
      (object["spec"] as { replicas: number }).replicas,
    ] as const
  );
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}
