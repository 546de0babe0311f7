import { type Facts, readFacts } from "../lib/rules/facts.ts";
import { errorWords, survivable } from "../lib/_errors.ts";
import { printable } from "../lib/_quote.ts";
import { type SyncEntry, syncProfileGateways, wordSyncEntry } from "../lib/control/sync.ts";
import { watchProfiles } from "../lib/control/watch.ts";
import { runProgram } from "./_cli.ts";
import { News } from "./_news.ts";
import { containerCapacity, containerRules, FACTS_HELP, slotDefaults } from "./_facts.ts";

const name = "profile-watch";
const help = `
Usage: watch_profiles.ts [--facts FILE]

Watches the profiles of the Hermes home, and does what "gatewayctl sync --prune"
does: at the start, and when profiles have come or gone. It looks once a second,
and acts when two looks in a row have seen the same, or others have kept coming
for ten seconds. While the profiles cannot be read it waits. It does not end by
itself.

${FACTS_HELP}
  --help           this text

Exit code: 1 it cannot go on; 2 wrong arguments.
`;

// For one gateway, when s6-svscan has a thousand others to start.
const TIMEOUT_MS = 30_000;

const inform = (message: string) => console.log(`${name}: info: ${printable(message)}`);
const warn = (message: string) => console.error(`${name}: warning: ${printable(message)}`);

function summary(entries: readonly SyncEntry[], startedAt: number): string {
  const counts = new Map<string, number>();
  for (const { action, failed } of entries) {
    const key = failed ? "failed" : action;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const words = [...counts].map(([key, count]) => `${count} ${key}`).join(", ");
  return `synced in ${Math.round(performance.now() - startedAt)} ms: ${words}`;
}

/** Makes a sync that says what it changed and what failed, but nothing twice. */
function makeSync(facts: Facts): (intact: () => boolean) => Promise<boolean> {
  const { home, scandir } = facts;
  const news = new News();
  let failure = "";
  return async (intact) => {
    const startedAt = performance.now();
    const once = (message: string) => news.isNew(message) && warn(message);
    try {
      const rules = await containerRules(facts, once);
      const entries = await syncProfileGateways({
        home,
        scandir,
        defaults: slotDefaults(facts),
        capacity: containerCapacity(facts),
        rules,
        prune: intact,
        warn: once,
        timeoutMs: TIMEOUT_MS,
      });
      for (const entry of entries) {
        const line = wordSyncEntry(entry);
        if (entry.failed) news.isNew(line, true) && warn(line);
        else if (entry.action === "skipped") news.isNew(line) && inform(line);
        else if (entry.action !== "unchanged") inform(line);
      }
      inform(summary(entries, startedAt));
      news.turn();
      failure = "";
      return !entries.some(({ failed }) => failed);
    } catch (error) {
      const words = `sync failed: ${errorWords(survivable(error))}; it is tried again`;
      if (words !== failure) warn(words);
      failure = words;
      return false;
    }
  };
}

/** Never returns; a promise alone would not keep the program running. */
function waitForever(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1 << 30));
}

await runProgram({ name, help, values: ["facts"] }, async ({ values }) => {
  const facts = readFacts(values.get("facts"));
  await containerRules(facts, () => {});
  if (facts.role === "dashboard") {
    inform("the container's command is the dashboard: nothing to watch");
    return await waitForever();
  }
  if (facts.env("HERMES_GATEWAY_PROFILES")?.trim() === "none") {
    inform("HERMES_GATEWAY_PROFILES is none: nothing to watch");
    return await waitForever();
  }
  await watchProfiles({ home: facts.home, inform, warn, sync: makeSync(facts) });
  return 1;
});
