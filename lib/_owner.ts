/** Who owns a file. */
export interface Owner {
  /** Numeric user ID. */
  uid: number;
  /** Numeric group ID. */
  gid: number;
}

const MAX_ID = 0xfffffffe; // (uid_t) -1 means "leave as it is" to chown(2)

/**
 * Reads `UID:GID`. Pure.
 *
 * @param text Two decimal numbers joined by a colon.
 * @returns The owner, or `undefined` if the text is anything else.
 *
 * @example
 * ```ts
 * import { parseOwner } from "./_owner.ts";
 * parseOwner("10000:10000"); // { uid: 10000, gid: 10000 }
 * ```
 */
export function parseOwner(text: string): Owner | undefined {
  const match = /^(\d{1,10}):(\d{1,10})$/.exec(text);
  if (match === null) return undefined;
  const [uid, gid] = [Number(match[1]), Number(match[2])];
  return uid <= MAX_ID && gid <= MAX_ID ? { uid, gid } : undefined;
}
