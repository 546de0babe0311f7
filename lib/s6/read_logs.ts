import { survivable } from "../_errors.ts";
import { type LogLine, parseLogLine } from "./log.ts";
import type { LogReader } from "./log_reader.ts";

/** A log to read. */
export interface LogSource {
  /** What its lines are marked with. */
  name: string;
  /** Where reading begins. */
  reader: LogReader;
}

/** A line, and whose it is. */
export interface SourceLine extends LogLine {
  /** The name of its source. */
  name: string;
}

/** Options of {@linkcode readLogs}. */
export interface ReadLogsOptions {
  /** Lines older than this are left out. */
  since?: Date | undefined;
  /** Whether to go on with what is written later. Default: `false`. */
  follow?: boolean | undefined;
  /** How long to wait between two looks at least, in milliseconds. Default: 200. */
  pollMs?: number | undefined;
  /** Ends it. */
  signal?: AbortSignal | undefined;
  /** Asked every two seconds for sources that have come, while following; told when it was asked last. */
  more?: ((last: Date) => Promise<readonly LogSource[]>) | undefined;
  /** Told of a source that cannot be read; it is left out from then on. Default: nobody. */
  failed?: ((name: string, error: Error) => void) | undefined;
}

const MORE_MS = 2000;

/** The lines of a batch, so that a consumer can write them at once. */
const BATCH = 1000;

/** A source with the lines that have been read of it and not been given yet. */
class Queue {
  readonly #source: LogSource;
  readonly #options: ReadLogsOptions;
  #lines: SourceLine[] = [];
  #next = 0;
  /** When the line before was written: one without a time is as old. */
  #last = -Infinity;
  #broken = false;

  constructor(source: LogSource, options: ReadLogsOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Whether there was more than has been read. */
  get behind(): boolean {
    return this.#source.reader.behind;
  }

  /** How old the first line is; `undefined`: there is none. */
  get time(): number | undefined {
    const line = this.#lines[this.#next];
    return line === undefined ? undefined : line.time?.getTime() ?? this.#last;
  }

  /** Reads until there is a line; tells whether there is one. One that cannot be read stays empty. */
  fill(): boolean {
    if (this.#broken) return false;
    const { name, reader } = this.#source;
    const { failed, follow, since: oldest } = this.#options;
    const since = oldest?.getTime() ?? -Infinity;
    try {
      do {
        this.#lines = reader.read(!follow).map((line) => ({ name, ...parseLogLine(line) }));
        this.#next = 0;
        while ((this.time ?? since) < since) this.take();
      } while (this.#lines.length > 0 && this.time === undefined);
    } catch (error) {
      this.#broken = true;
      failed?.(name, survivable(error));
    }
    return this.time !== undefined;
  }

  take(): SourceLine {
    const line = this.#lines[this.#next++]!;
    this.#last = line.time?.getTime() ?? this.#last;
    return line;
  }
}

/** Takes lines by their time; an empty queue is filled again by `refill`, which may refuse. */
function* byTime(
  queues: readonly Queue[],
  refill: (queue: Queue) => boolean,
): Generator<SourceLine> {
  const left = new Set(queues);
  while (left.size > 0) {
    let first: Queue | undefined;
    let next = Infinity;
    for (const queue of left) {
      if (first === undefined || queue.time! < first.time!) {
        next = first?.time ?? next;
        first = queue;
      } else {
        next = Math.min(next, queue.time!);
      }
    }
    if (first === undefined) return;
    do yield first.take(); while (first.time !== undefined && first.time < next);
    if (first.time === undefined && !refill(first)) left.delete(first);
  }
}

function* batches(lines: Iterable<SourceLine>): Generator<SourceLine[]> {
  let batch: SourceLine[] = [];
  for (const line of lines) {
    batch.push(line);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}

/**
 * Reads several logs at once, ordered by time: first all that is there, then,
 * if they are followed, what is found at each look. All share one look, which
 * costs an lstat(2) for each; the pause after it is ten times as long as it
 * took, if that is more than `pollMs`. A block of each log is kept, no more.
 * Needs `--allow-read` for the logs' directories.
 *
 * @param sources The logs; each name once.
 * @param options What to leave out, and whether to go on.
 * @returns Lines, some at a time.
 *
 * @example
 * ```ts no-eval
 * import { LogReader } from "./log_reader.ts";
 * import { readLogs } from "./read_logs.ts";
 * const reader = new LogReader("/opt/data/logs/gateways/coder");
 * for await (const lines of readLogs([{ name: "coder", reader }], { follow: true })) {
 *   console.log(lines);
 * }
 * ```
 */
export async function* readLogs(
  sources: readonly LogSource[],
  options: ReadLogsOptions = {},
): AsyncGenerator<SourceLine[]> {
  const { follow = false, pollMs = 200, signal, more } = options;
  const queues = new Map<string, Queue>();
  const add = (source: LogSource) => queues.set(source.name, new Queue(source, options));
  const fill = (queue: Queue) => queue.fill();
  sources.forEach(add);
  yield* batches(byTime([...queues.values()].filter(fill), fill));
  let asked = new Date();
  while (follow && !signal?.aborted) {
    const startedAt = performance.now();
    const found = [...queues.values()].filter(fill);
    const took = performance.now() - startedAt;
    yield* batches(byTime(found, () => false));
    if (!found.some(({ behind }) => behind)) await pause(Math.max(pollMs, 10 * took), signal);
    if (more === undefined || Date.now() - asked.getTime() < MORE_MS) continue;
    for (const source of await more(asked)) if (!queues.has(source.name)) add(source);
    asked = new Date();
  }
}
