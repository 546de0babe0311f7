import { errorWords, survivable } from "../../lib/_errors.ts";

/** After its connections were closed a server rests so long, in milliseconds: they are to be gone. */
const REST_MS = 200;

/** It is said no more often than this, in milliseconds. */
const SAY_MS = 60_000;

/** Where to listen, and who is told. */
export interface ListenOptions {
  /** The address. */
  hostname: string;
  /** The port. */
  port: number;
  /** Told once it listens. */
  onListen(): void;
  /** Told when all connections were closed, and why. */
  onBreak(why: string): void;
}

/**
 * Serves for as long as the process lives. A connection that does nothing is
 * never closed by `Deno.serve`, and one more than the process may have ends it: then
 * all are closed, and it listens anew. Needs `--allow-net` for the address.
 *
 * @param options Where to listen.
 * @param handle Answers a request, of a caller at an address.
 * @throws {Error} If it cannot listen there.
 */
export async function serveForever(
  { hostname, port, onListen, onBreak }: ListenOptions,
  handle: (request: Request, caller: string) => Promise<Response>,
): Promise<never> {
  let saidAt: number | undefined;
  const onFirst = () => {
    saidAt = -Infinity;
    onListen();
  };
  for (;;) {
    const closing = new AbortController();
    const { signal } = closing;
    try {
      await Deno.serve(
        { hostname, port, signal, onListen: saidAt === undefined ? onFirst : () => {} },
        (request, { remoteAddr }) => handle(request, remoteAddr.hostname),
      ).finished;
    } catch (error) {
      if (saidAt === undefined) throw error;
      const now = performance.now();
      if (now - saidAt >= SAY_MS) onBreak(errorWords(survivable(error)));
      saidAt = now;
    }
    closing.abort();
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
}
