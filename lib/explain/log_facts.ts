import { lstatIfPresent } from "../_fs.ts";
import type { Owner } from "../_owner.ts";
import { pathWord } from "./_rule.ts";
import { accessProblem, type Obstacle } from "./access.ts";

/** Finds what is wrong with a file that the logger goes on with. */
function fileProblem(path: string, hermes: Owner): Obstacle | undefined {
  const file = lstatIfPresent(path);
  if (file === undefined) return undefined;
  const word = pathWord(path);
  if (!file.isFile) return { text: `${path} is not a file`, help: `mv ${word} ${word}.bad` };
  if (file.uid !== hermes.uid) {
    const text = `${path} belongs to UID ${file.uid}, and only root can give it to hermes`;
    return { text, help: `chown -h hermes: ${word}` };
  }
  if (((file.mode ?? 0o777) & 0o200) !== 0) return undefined;
  return { text: `${path} is read-only`, help: `chmod u+w ${word}` };
}

/** Finds why its directory is not there. */
function absenceProblem(dir: string, hermes: Owner): Obstacle | undefined {
  const parent = dir.slice(0, dir.lastIndexOf("/"));
  const looks = lstatIfPresent(parent);
  const problem = looks === undefined ? undefined : accessProblem(parent, looks, hermes);
  const word = pathWord(dir);
  return problem ??
    { text: `there is no ${dir}`, help: `mkdir -p ${word} && chown hermes: ${word}` };
}

/**
 * Tells why a gateway's log cannot be written.
 * Needs `--allow-read` for its directory and the one that is in.
 *
 * @param dir The log's directory.
 * @param triedAt When the logger last failed to; `undefined`: it has not.
 * @param hermes Who hermes is.
 * @returns Why; `undefined`: nothing is wrong that can be seen.
 *
 * @example
 * ```ts no-eval
 * import { findLogProblem } from "./log_facts.ts";
 * findLogProblem("/opt/data/logs/gateways/coder", undefined, { uid: 10000, gid: 10000 });
 * ```
 */
export function findLogProblem(
  dir: string,
  triedAt: Date | undefined,
  hermes: Owner,
): Obstacle | undefined {
  const looks = lstatIfPresent(dir);
  // The logger makes it, before it tries.
  if (looks === undefined) return triedAt && absenceProblem(dir, hermes);
  const problem = accessProblem(dir, looks, hermes) ?? fileProblem(`${dir}/current`, hermes);
  if (problem !== undefined || triedAt === undefined) return problem;
  const lock = fileProblem(`${dir}/lock`, hermes);
  if (lock !== undefined) return lock;
  const changes = ["", "/current"].map((name) => lstatIfPresent(dir + name)?.ctime?.getTime() ?? 0);
  // What was wrong is so no more, and the next try is up to a minute away. Deno's ctime has whole seconds.
  if (Math.max(...changes) + 1000 > triedAt.getTime()) {
    return { text: `${dir} could not be written a moment ago`, help: "" };
  }
  return { text: `${dir} cannot be written, whatever its owner and mode say` };
}
