import { errorWords, survivable } from "../_errors.ts";
import type { Warn } from "../_warn.ts";

/** A watch on a directory: what is used of a {@linkcode Deno.FsWatcher}. */
export interface Watch extends AsyncIterable<Pick<Deno.FsEvent, "kind">> {
  /** Ends it. */
  close(): void;
}

/** Opens a watch on a directory. */
export type OpenWatch = (path: string) => Watch;

/** Options of {@linkcode DirectoryEvents}. */
export interface DirectoryEventsOptions {
  /** Called when something happens in the directory; what, is not said. */
  stir(): void;
  /** Told once when there will be no events. */
  warn: Warn;
  /** Opens a watch. Default: {@linkcode Deno.watchFs}, not recursive. */
  open?: OpenWatch;
}

// Deno keeps some bytes for every watch it ever opened, or failed to open, and
// compares each event with all of them (op_fs_events_open in Deno's source).
const MAX_OPENED = 100;

// An event that cannot be read, such as one about a name that is not UTF-8,
// is an event. This keeps a watch that has only those from spinning.
const AFTER_ERROR_MS = 250;

/**
 * The events of a directory that may be replaced, without their content: only
 * that something has happened. Nothing is kept but for Deno's own queue of 16
 * events, which drops what is too much. The directories in it are not watched.
 *
 * Needs `--allow-read` for the directory.
 *
 * @example
 * ```ts no-eval
 * import { DirectoryEvents } from "./directory_events.ts";
 * const stir = () => console.log("something has happened");
 * using events = new DirectoryEvents("/opt/data/profiles", { stir, warn: console.warn });
 * events.follow("1");
 * ```
 */
export class DirectoryEvents implements Disposable {
  readonly #path: string;
  readonly #stir: () => void;
  readonly #warn: Warn;
  readonly #open: OpenWatch;
  #id: string | undefined;
  #watch: Watch | undefined;
  #opened = 0;

  /**
   * Makes it; nothing is watched yet.
   *
   * @param path The directory.
   * @param options Whom to tell.
   */
  constructor(path: string, { stir, warn, open }: DirectoryEventsOptions) {
    this.#path = path;
    this.#stir = stir;
    this.#warn = warn;
    this.#open = open ?? ((path) => Deno.watchFs(path, { recursive: false }));
  }

  /**
   * Watches the directory that is there now, unless it does already; in place
   * of another one, from the next call on. Where that cannot be had there are
   * no events, for good, and one warning.
   *
   * @param id Which directory it is: with another, the watch is opened anew.
   */
  follow(id: string): void {
    if (id === this.#id || this.#opened > MAX_OPENED) return;
    if (this.#watch !== undefined) {
      // Deno ends a closed watch a little later, and with it one on the same
      // path that is opened at once.
      this[Symbol.dispose]();
      return this.#stir();
    }
    this.#id = id;
    if (++this.#opened > MAX_OPENED) {
      return this.#warn(`no more file system events: ${this.#path} was replaced too often`);
    }
    try {
      this.#watch = this.#open(this.#path);
      this.#listen(this.#watch);
    } catch (error) {
      if (survivable(error) instanceof Deno.errors.NotFound) {
        this.#id = undefined; // it has just vanished
        return;
      }
      this.#opened = Infinity;
      this.#warn(`no file system events: ${errorWords(error)}`);
    }
  }

  async #listen(watch: Watch): Promise<void> {
    const iterator = watch[Symbol.asyncIterator]();
    while (watch === this.#watch) {
      try {
        const { done, value } = await iterator.next();
        if (done) return;
        // Reading the directory must not count: that is what an event leads to.
        if (value.kind !== "access") this.#stir();
      } catch {
        if (watch !== this.#watch) return;
        this.#stir();
        await new Promise((resolve) => setTimeout(resolve, AFTER_ERROR_MS));
      }
    }
  }

  /** Stops watching, until the next {@linkcode DirectoryEvents.follow}. */
  [Symbol.dispose](): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#id = undefined;
  }
}
