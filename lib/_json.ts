/** The size limit of the state files, in bytes. */
export const MAX_STATE_BYTES = 1 << 20;

const decoder = new TextDecoder("utf-8", { fatal: true });
let buffer: Uint8Array<ArrayBuffer> | undefined;

function decode(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Error("not UTF-8");
  }
}

/**
 * Reads a JSON object from a file that is known to be a regular one: opening a
 * FIFO would wait for ever. Needs `--allow-read` for the file.
 *
 * @param path The file.
 * @returns The object.
 * @throws {Error} If it cannot be read, is over {@linkcode MAX_STATE_BYTES},
 * not UTF-8 (a byte order mark is fine), not JSON or not an object.
 */
export function readJsonObject(path: string): Record<string, unknown> {
  using file = Deno.openSync(path);
  buffer ??= new Uint8Array(MAX_STATE_BYTES + 1);
  let length = 0;
  for (let read: number | null = 0; read !== null && length < buffer.length; length += read ?? 0) {
    read = file.readSync(buffer.subarray(length));
  }
  if (length > MAX_STATE_BYTES) throw new Error(`larger than ${MAX_STATE_BYTES} bytes`);
  const value: unknown = JSON.parse(decode(buffer.subarray(0, length)));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("not a JSON object");
  }
  return value as Record<string, unknown>;
}
