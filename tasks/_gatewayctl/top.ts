import type { Facts } from "../../lib/rules/facts.ts";
import type { GatewayFacts } from "../../lib/explain/gateway.ts";
import type { Processes } from "../../lib/s6/processes.ts";
import { UsageError } from "../_cli.ts";
import { type Arguments, numberOf } from "./arguments.ts";
import { wordJson } from "./json.ts";
import { gatewayTable, type Screen, screen } from "./list_table.ts";
import { lookAgain, lookAround, type Sight } from "./look.ts";
import { write } from "./output.ts";
import { present } from "./present.ts";
import { chooseProfiles, chosenOf } from "./profiles.ts";
import { EXIT, warn } from "./report.ts";
import { type Row, rowJson, rowsOf, sorting, summary } from "./rows.ts";

// Another screen without a cursor, and back; the top left corner, the rest of a line, of the screen.
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const [HOME, CLEAR_LINE, CLEAR_REST] = ["\x1b[H", "\x1b[K", "\x1b[J"];

/** Reads a number of seconds, of which the half is one too. */
function intervalOf(args: Arguments): number {
  const seconds = numberOf(args, "interval", 2, /^\d{1,5}(\.\d)?$/);
  if (seconds === 0) throw new UsageError("--interval: expected more than 0");
  return seconds;
}

/** One that ends when somebody asks for it. */
function untilTold(): AbortSignal {
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => end.abort());
  }
  return end.signal;
}

/** Waits, but not longer than anybody wants. */
function sleep(seconds: number, end: AbortSignal): Promise<void> {
  if (end.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    end.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

async function draw(rows: readonly Row[], { columns, rows: height }: Screen): Promise<string> {
  // Two lines are the summary and the header; to clear after the last column clears that as well.
  const shown = rows.slice(0, Math.max(1, height - 2));
  const size = { columns: columns - 1, rows: height };
  const lines = `${summary(rows)}\n${await gatewayTable(shown, size)}`.split("\n");
  return HOME + lines.map((line) => line + CLEAR_LINE).join("\n") + CLEAR_REST;
}

/** Words the gateways at one time, for whoever reads. */
async function word(
  rows: readonly Row[],
  { flags }: Arguments,
  terminal: Screen | undefined,
): Promise<string> {
  if (flags.has("json")) return `${wordJson({ time: new Date(), gateways: rows.map(rowJson) })}\n`;
  if (terminal !== undefined) return await draw(rows, terminal);
  return `${summary(rows)}\n${await gatewayTable(rows, terminal)}\n\n`;
}

/** Finds those that a look is about: registered, and named or matched if any are. */
function choose({ gateways }: Sight, args: Arguments): readonly GatewayFacts[] {
  const registered = gateways.filter(({ slot }) => slot !== "none");
  if (args.operands.length === 0) return registered;
  const names = new Set(chosenOf(args, registered.map(({ profile }) => profile)));
  return registered.filter(({ profile }) => names.has(profile));
}

/** Reports what is not there of that which was named. */
async function examine(args: Arguments, { gateways }: Sight): Promise<number> {
  const known = gateways.filter(({ slot }) => slot !== "none").map(({ profile }) => profile);
  return (await present(args, chooseProfiles(args, known), known)).exitCode;
}

/** Runs `top`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const sort = sorting(args, "cpu");
  const seconds = intervalOf(args);
  const count = numberOf(args, "count", Infinity, /^[1-9]\d{0,5}$/);
  const container = facts();
  const end = untilTold();
  const isDrawn = screen() !== undefined && !args.flags.has("json");
  let sight = await lookAround(container, warn, await lookAgain(container));
  let before: Processes | undefined;
  const exitCode = await examine(args, sight);
  if (exitCode !== EXIT.done && choose(sight, args).length === 0) return exitCode;
  try {
    if (isDrawn) write(ENTER);
    for (let n = 1; !end.aborted; n++) {
      const rows = sort(rowsOf(choose(sight, args), sight, before));
      if (!write(await word(rows, args, isDrawn ? screen() : undefined)) || n === count) break;
      await sleep(seconds, end);
      before = sight.processes;
      sight = await lookAround(container, () => {}, await lookAgain(container));
    }
  } finally {
    if (isDrawn) write(LEAVE);
  }
  return exitCode;
}
