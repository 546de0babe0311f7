// Runs inside a live container as `deno run _observer.ts SCANDIR MILLISECONDS`.
// Lists the scandir over and over and prints an Observation as JSON.
const WHOLE = [
  "type",
  "run",
  "finish",
  "event",
  "supervise/event",
  "supervise/control",
  "log/run",
  "log/event",
  "log/supervise/event",
  "log/supervise/control",
];

/** What was seen. */
export interface Observation {
  /** How often the scandir was listed. */
  rounds: number;
  /** How many different slots were seen, a name that was used again included. */
  slots: number;
  /** What was missing from a slot. */
  missing: string[];
}

function inode(path: string): number | null {
  try {
    return Deno.lstatSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

if (import.meta.main) {
  const [scandir = "", forMs] = Deno.args;
  const slots = new Set<number>();
  const missing = new Set<string>();
  let rounds = 0;
  const end = performance.now() + Number(forMs);
  for (; performance.now() < end; rounds++) {
    for (const { name } of Deno.readDirSync(scandir)) {
      if (!name.startsWith("gateway-")) continue;
      const before = inode(`${scandir}/${name}`);
      if (before === null) continue;
      slots.add(before);
      const absent = WHOLE.filter((path) => inode(`${scandir}/${name}/${path}`) === null);
      // The same directory before and after: it was in its place all the time.
      if (absent.length === 0 || inode(`${scandir}/${name}`) !== before) continue;
      for (const path of absent) missing.add(`${name}/${path}`);
    }
  }
  const observation: Observation = { rounds, slots: slots.size, missing: [...missing] };
  console.log(JSON.stringify(observation));
}
