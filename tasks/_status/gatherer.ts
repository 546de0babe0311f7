import type { Answered, Answers, Asked, Question } from "./questions.ts";

/** An answer is given again for so long, in milliseconds. */
const FRESH_MS = 1000;

/** Nobody waits longer than this for an answer, in milliseconds. */
const PATIENCE_MS = 3000;

/** So many questions are on their way at once; the next ones get no answer. */
const MOST_QUESTIONS = 64;

/** Thrown when a question is not answered in time, as when the volume hangs. */
export class NoAnswerError extends Error {
  /** The error's class name. */
  override name = "NoAnswerError";
}

interface Held {
  /** When it was answered; absent: it is on its way. */
  at?: number;
  answer: Promise<unknown>;
}

/**
 * Asks the worker that gathers. Who asks what somebody else has just asked
 * shares the answer. Needs `--allow-read` for the worker's module.
 */
export class Gatherer implements Disposable {
  readonly #worker: Worker;
  readonly #held = new Map<string, Held>();
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  /**
   * Starts the worker.
   *
   * @param worker Its module.
   * @param facts The facts file. Default: the container's.
   */
  constructor(worker: URL, facts: string | undefined) {
    this.#worker = new Worker(worker, { type: "module" });
    this.#worker.onmessage = ({ data: { id, answer, error } }: MessageEvent<Answered>) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    };
    this.#worker.postMessage({ facts });
  }

  /**
   * Asks.
   *
   * @param question The question.
   * @param profile The profile, for `why`.
   * @returns The answer, which is at most two seconds old.
   * @throws {NoAnswerError} If there is none in time.
   * @throws {Error} If what was asked for cannot be found out.
   */
  async ask<Q extends Question>(question: Q, profile = ""): Promise<Answers[Q]> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new NoAnswerError(
        `the gateways could not be looked at within ${PATIENCE_MS / 1000} s: the volume may hang`,
      );
      timer = setTimeout(() => reject(error), PATIENCE_MS);
    });
    try {
      return await Promise.race([this.#share(question, profile), late]) as Answers[Q];
    } finally {
      clearTimeout(timer);
    }
  }

  #share(question: Question, profile: string): Promise<unknown> {
    const key = `${question} ${profile}`;
    const held = this.#held.get(key);
    const isFresh = held?.at === undefined || performance.now() - held.at < FRESH_MS;
    // What is no news now may be news in a moment.
    if (held !== undefined && isFresh && (held.at === undefined || question !== "news")) {
      return held.answer;
    }
    this.#forget();
    if (this.#waiting.size >= MOST_QUESTIONS) {
      return Promise.reject(new NoAnswerError("too many questions at once"));
    }
    const entry: Held = { answer: this.#send(question, profile) };
    const answered = () => entry.at = performance.now();
    entry.answer.then(answered, answered);
    this.#held.set(key, entry);
    return entry.answer;
  }

  #send(question: Question, profile: string): Promise<unknown> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#worker.postMessage({ id, question, profile } satisfies Asked);
    return waiting.promise;
  }

  /** Forgets what nobody gets any more. */
  #forget(): void {
    const now = performance.now();
    for (const [key, { at = now }] of this.#held) {
      if (now - at >= FRESH_MS) this.#held.delete(key);
    }
  }

  /** Ends the worker. */
  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
