import { assertEquals } from "@std/assert";
import type { World } from "./_build.ts";
import type { Expected } from "./_oracle.ts";

/** What find(1) knows of a path; a change of its content shows in the times. */
interface Trace {
  /** Kind, mode, owner, inode, target of a symlink. */
  identity: string;
  size: string;
  /** Of the content. */
  modified: string;
  /** Of content or status; also when a hard link to it is made or removed. */
  changed: string;
  links: string;
}

/** What is below some directories, by path. */
export type Traces = ReadonlyMap<string, Trace>;

// The link's target and the path come last: they may hold anything but NUL.
const FORMAT = "%y %m %U:%G %i\\t%s\\t%T@\\t%C@\\t%n\\t%l\\0%p\\0";

/** Looks at everything in some directories, also under names that are no text. */
export async function traces(dirs: readonly string[]): Promise<Traces> {
  const { stdout } = await new Deno.Command("find", {
    args: [...dirs, "-printf", FORMAT],
    stderr: "null", // an ordinary user cannot look into a locked directory
  }).output();
  const fields = new TextDecoder().decode(stdout).split("\0");
  const found = new Map<string, Trace>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [kind, size, modified, changed, links, ...target] = (fields[i] ?? "").split("\t");
    found.set(fields[i + 1] ?? "", {
      identity: `${kind} ${target.join("\t")}`,
      size: size ?? "",
      modified: modified ?? "",
      changed: changed ?? "",
      links: links ?? "",
    });
  }
  return found;
}

const isDirectory = ({ identity }: Trace) => identity.startsWith("d");

/** Says what about a path is not as it was, if anything. */
function difference(before: Trace, after: Trace, mayHoldLess: boolean): string | undefined {
  if (before.identity !== after.identity) return `${before.identity} -> ${after.identity}`;
  if (isDirectory(before) && mayHoldLess) return undefined;
  if (before.size !== after.size) return `${before.size} -> ${after.size} bytes`;
  if (before.modified !== after.modified) return "changed content";
  const linked = before.links !== "1" || after.links !== "1";
  if (before.changed !== after.changed && !linked) return "changed status";
}

/**
 * Asserts that of a world's home and canary only the stale files have gone,
 * and that only the boot log has been made or written to, and the directories
 * of the gateways' logs made.
 */
export function assertNothingElseChanged(
  { home, canary }: World,
  { gone, bootLog, logged }: Expected,
  before: Traces,
  after: Traces,
): void {
  const logs = `${home}/logs`;
  const written = bootLog === "untouched"
    ? []
    : [logs, `${logs}/container-boot.log`, `${logs}/container-boot.log.1`];
  const dirs = logged.map((profile) => `${logs}/gateways/${profile}`);
  const made = dirs.length === 0 ? [] : [logs, `${logs}/gateways`, ...dirs];
  const parents = new Set(
    [...gone.map((path) => `${home}/${path}`), ...written, ...made].map((path) =>
      path.slice(0, path.lastIndexOf("/"))
    ),
  );
  const wrong = made.filter((path) => !after.get(path)?.identity.startsWith("d"))
    .map((path) => `${path}: not made`);
  const inside = (path: string) =>
    [home, canary].some((dir) => path === dir || path.startsWith(`${dir}/`));
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (!inside(path) || written.includes(path) || made.includes(path)) continue;
    const [was, is] = [before.get(path), after.get(path)];
    if (gone.includes(path.slice(home.length + 1)) && path.startsWith(home)) {
      if (is !== undefined) wrong.push(`${path}: still there`);
    } else if (was === undefined || is === undefined) {
      wrong.push(`${path}: ${was === undefined ? "made" : "gone"}`);
    } else {
      const problem = difference(was, is, parents.has(path));
      if (problem !== undefined) wrong.push(`${path}: ${problem}`);
    }
  }
  assertEquals(wrong, []);
}
