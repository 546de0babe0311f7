/**
 * Tells lines that have been said in the round before from new ones. It keeps
 * the lines of two rounds. What is said in the first round is no news, unless
 * it is urgent: it was so before.
 */
export class News {
  #before: Set<string> | undefined;
  #now = new Set<string>();

  /**
   * Takes note of a line of this round.
   *
   * @param line The line.
   * @param urgent Whether it is news in the first round, too. Default: `false`.
   * @returns Whether it is worth saying.
   */
  isNew(line: string, urgent = false): boolean {
    if (this.#now.has(line)) return false;
    this.#now.add(line);
    return this.#before === undefined ? urgent : !this.#before.has(line);
  }

  /** Ends the round. */
  turn(): void {
    this.#before = this.#now;
    this.#now = new Set();
  }
}
