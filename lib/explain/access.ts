import type { Owner } from "../_owner.ts";
import { pathWord } from "./_rule.ts";

/** What keeps hermes from something, and the command that ends it. */
export interface Obstacle {
  /** What it is, in words. */
  text: string;
  /** The command; empty: another try. Absent: only the outside can help. */
  help?: string | undefined;
}

/** What a directory looks like to {@linkcode accessProblem}. */
export type Looks = Pick<Deno.FileInfo, "isDirectory" | "uid" | "gid" | "mode">;

/**
 * Tells what keeps hermes from working in a directory, as far as its owner and
 * mode say. Pure.
 *
 * @param path The directory.
 * @param looks What it looks like.
 * @param hermes Who hermes is.
 * @returns What is wrong; `undefined`: nothing that can be seen.
 *
 * @example
 * ```ts
 * import { accessProblem } from "./access.ts";
 * const looks = { isDirectory: true, uid: 0, gid: 0, mode: 0o755 };
 * accessProblem("/opt/data/x", looks, { uid: 10000, gid: 10000 })?.help;
 * // "chown -hR hermes: /opt/data/x"
 * ```
 */
export function accessProblem(
  path: string,
  { isDirectory, uid, gid, mode }: Looks,
  hermes: Owner,
): Obstacle | undefined {
  const word = pathWord(path);
  if (!isDirectory) {
    return { text: `${path} is not a directory`, help: `mv ${word} ${word}.bad` };
  }
  const bits = mode ?? 0o777;
  const ownerMay = (bits & 0o700) === 0o700;
  const letOwner = `chmod u+rwx ${word}`;
  if (uid === hermes.uid) {
    const text = `the mode of ${path} is ${(bits & 0o7777).toString(8).padStart(4, "0")}`;
    return ownerMay ? undefined : { text, help: letOwner };
  }
  // Whether hermes is in another group, nobody here knows.
  const mayByGroup = (bits & 0o070) === 0o070;
  const mayAsOther = gid !== hermes.gid && (bits & 0o007) === 0o007;
  if (mayByGroup || mayAsOther) return undefined;
  const give = `chown -hR hermes: ${word}`;
  return {
    text: `${path} belongs to UID ${uid}, and only root can give it to hermes`,
    help: ownerMay ? give : `${letOwner} && ${give}`,
  };
}
