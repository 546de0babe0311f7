import { findChanges, wordEvent } from "../../lib/status/changes.ts";
import type { Rows } from "./questions.ts";

/** How often it is looked for changes while anybody listens, in milliseconds. */
const LOOK_MS = 500;

/** All gateways are sent anew this often at most: memory, CPU and times change always. In milliseconds. */
const LIST_MS = 5000;

/** How often a comment tells that the connection lives, in milliseconds. */
const ALIVE_MS = 15_000;

/** More than this is not kept for a listener that does not read, in bytes. */
const MOST_BYTES = 1 << 20;

/** More listeners than this get no place. */
const MOST_LISTENERS = 64;

/** What a browser waits before it connects again, in milliseconds. */
const RETRY = "retry: 2000\n\n";

const encoder = new TextEncoder();

type Listener = ReadableStreamDefaultController<Uint8Array>;

/** Where the rows come from. */
export interface Source {
  /** Finds all rows. */
  rows(): Promise<Rows>;
  /** Finds them if anything may have changed. */
  news(): Promise<Rows | undefined>;
}

/** Tells listeners how the gateways are, and then each change. While nobody listens nobody looks. */
export class Events {
  readonly #source: Source;
  readonly #listeners = new Set<Listener>();
  #last: Rows | undefined;
  #listedAt = 0;
  #running = false;

  /**
   * Makes one that nobody listens to.
   *
   * @param source Where the rows come from.
   */
  constructor(source: Source) {
    this.#source = source;
  }

  /** How many listen. */
  get size(): number {
    return this.#listeners.size;
  }

  /**
   * Gives a listener its stream, which begins with all gateways.
   *
   * @returns The stream; `undefined`: there are too many.
   * @throws {Error} If the gateways cannot be looked at.
   */
  async listen(): Promise<ReadableStream<Uint8Array> | undefined> {
    const rows = this.#last ?? await this.#source.rows();
    if (this.#listeners.size >= MOST_LISTENERS) return undefined;
    let listener: Listener | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        listener = controller;
        controller.enqueue(encoder.encode(RETRY + wordEvent("gateways", rows.list)));
        this.#listeners.add(controller);
      },
      cancel: () => {
        if (listener !== undefined) this.#listeners.delete(listener);
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: MOST_BYTES }));
    this.#run(rows);
    return stream;
  }

  #send(text: string): void {
    const bytes = encoder.encode(text);
    for (const listener of [...this.#listeners]) {
      if ((listener.desiredSize ?? 0) > 0) {
        listener.enqueue(bytes);
        continue;
      }
      // It gets all of it anew when it comes back.
      this.#listeners.delete(listener);
      listener.error(new Error("it does not read"));
    }
  }

  /** Looks for changes until nobody listens any more. */
  async #run(rows: Rows): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#last = rows;
    const alive = setInterval(() => this.#send(":\n\n"), ALIVE_MS);
    try {
      while (this.#listeners.size > 0) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        const news = await this.#source.news();
        if (news !== undefined) this.#tell(news);
      }
    } catch {
      // Nobody shall take for true what is old; why it is so is said to who connects again.
      for (const listener of this.#listeners) listener.close();
      this.#listeners.clear();
    } finally {
      clearInterval(alive);
      this.#last = undefined;
      this.#running = false;
    }
  }

  #tell(news: Rows): void {
    const changes = findChanges(this.#last?.rows ?? [], news.rows);
    this.#last = news;
    let text = changes.map(({ event, data }) => wordEvent(event, data)).join("");
    const now = performance.now();
    if (now - this.#listedAt >= LIST_MS) {
      this.#listedAt = now;
      text += wordEvent("gateways", news.list);
    }
    if (text !== "") this.#send(text);
  }
}
