import { type Container, until } from "../container/container.ts";
import type { Boot, BootOptions, Home, Scene } from "./_live.ts";

/** A port that nobody listens at now: containers share the network. */
export function freePort(hostname = "127.0.0.1"): number {
  using listener = Deno.listen({ hostname, port: 0 });
  return listener.addr.port;
}

/** A container whose status service answers. */
export interface Status {
  container: Container;
  home: Home;
  /** Where it answers, without a slash at the end. */
  url: string;
}

/** Boots a container with the service status, and waits until it listens. */
export async function bootStatus(
  boot: Boot,
  profiles: Readonly<Record<string, Scene>>,
  { env, ...options }: BootOptions = {},
): Promise<Status> {
  const port = freePort();
  const on = { HERMES_STATUS: "1", HERMES_STATUS_PORT: String(port) };
  const booted = await boot(profiles, { ...options, env: { ...on, ...env } });
  const log = () => booted.container.log();
  await until("status listens", async () => /^status: info: listening/m.test(await log()), 30_000);
  return { ...booted, url: `http://127.0.0.1:${port}` };
}

/** Asks; returns the status and the body. */
export async function ask(url: string, init: RequestInit = {}): Promise<[number, string]> {
  const response = await fetch(url, { redirect: "manual", ...init });
  return [response.status, await response.text()];
}

/** One event of `/events`. */
export interface Told {
  event: string;
  // deno-lint-ignore no-explicit-any
  data: any;
}

/** Somebody who listens to `/events`. */
export class Listener implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  private constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Begins to listen. */
  static async open(url: string, init: RequestInit = {}): Promise<Listener> {
    const response = await fetch(`${url}/events`, init);
    if (!response.ok || response.body === null) throw new Error(await response.text());
    return new Listener(response.body);
  }

  async #read(): Promise<Told> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) {
        const { value, done } = await this.#reader.read();
        if (done) throw new Error("the stream has ended");
        this.#text += value;
        continue;
      }
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(this.#text.slice(0, end)) ?? [];
      this.#text = this.#text.slice(end + 2);
      if (event !== undefined && data !== undefined) return { event, data: JSON.parse(data) };
    }
  }

  /** Waits for an event; others are passed over. */
  async next(isIt: (told: Told) => boolean, timeoutMs = 15_000): Promise<Told> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("no such event in time")), timeoutMs);
    try {
      for (;;) {
        const told = await Promise.race([this.#read(), promise]);
        if (isIt(told)) return told;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}
