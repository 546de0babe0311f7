import { until } from "../container/container.ts";

/** A memory cgroup of its own, or why there can be none. */
export interface Cgroup extends AsyncDisposable {
  /** Its directory. */
  readonly path: string;
  /** Why it is not there. */
  readonly problem?: string;
}

/** Where a cgroup can be made, and its file for the limit: of both hierarchies that Linux has. */
const PLACES = [
  { parent: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes" },
  { parent: "/sys/fs/cgroup", limit: "memory.max" },
];

/**
 * Makes a memory cgroup with a limit. It goes when it is disposed of, once all that was in it has ended.
 *
 * @param bytes The limit.
 * @returns The cgroup.
 */
export async function makeCgroup(bytes: number): Promise<Cgroup> {
  const problems: string[] = [];
  for (const { parent, limit } of PLACES) {
    const path = `${parent}/hermes-test-${crypto.randomUUID().slice(0, 8)}`;
    const remove = () => Deno.removeSync(path);
    try {
      Deno.mkdirSync(path);
      try {
        await Deno.writeTextFile(`${path}/${limit}`, String(bytes));
      } catch (error) {
        remove();
        throw error;
      }
      return {
        path,
        [Symbol.asyncDispose]: async () => {
          await until("the cgroup is empty", () => {
            try {
              remove();
              return true;
            } catch {
              return false;
            }
          });
        },
      };
    } catch (error) {
      problems.push(`${parent}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { path: "", problem: problems.join("; "), async [Symbol.asyncDispose]() {} };
}
