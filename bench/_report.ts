import type { Boot } from "./_boots.ts";
import { plot } from "./_plot.ts";

/** Where what is measured stands in docs/performance.md. */
export const MARKS = ["<!-- bench -->\n", "<!-- /bench -->"] as const;

const number = (value: number | null, digits: number) =>
  value === null ? "-" : value.toFixed(digits);

/** The measures of a boot as the cells of a table. */
const MEASURES: readonly [title: string, cell: (boot: Boot) => string][] = [
  ["last up, s", ({ upMs }) => number(upMs / 1000, 2)],
  ["CPU, s", ({ cpuMs }) => number(cpuMs && cpuMs / 1000, 2)],
  ["memory, MiB", ({ memoryKiB }) => number(memoryKiB && memoryKiB / 1024, 0)],
  ["killed to up, ms", ({ againMs }) => number(againMs, 0)],
  ["stopped, s", ({ stopMs }) => number(stopMs && stopMs / 1000, 2)],
];

/**
 * Lays boots out as rows of cells. Pure.
 *
 * @param boots The boots.
 * @returns The rows, the header first.
 */
export function bootRows(boots: readonly Boot[]): string[][] {
  return [
    ["gateways", "supervised by", ...MEASURES.map(([title]) => title)],
    ...boots.map((one) => [
      String(one.size),
      one.contender,
      ...MEASURES.map(([, cell]) => cell(one)),
    ]),
  ];
}

/**
 * Puts rows into a Markdown table. Pure.
 *
 * @param rows The rows, the header first.
 * @returns The table, each line ending in a newline.
 */
export function markdown([header = [], ...rows]: readonly (readonly string[])[]): string {
  const rule = header.map((_, column) => column === 1 ? "---" : "---:");
  return [header, rule, ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/**
 * Draws when the last gateway was up. Pure.
 *
 * @param boots The boots.
 * @returns The document.
 */
export function bootPlot(boots: readonly Boot[]): string {
  const names = [...new Set(boots.map(({ contender }) => contender))];
  return plot(
    names.map((name) => ({
      name,
      points: boots.filter(({ contender }) => contender === name)
        .map(({ size, upMs }) => [size, upMs / 1000] as const),
    })),
    { title: "From the start to the last gateway up", x: "gateways", y: "seconds" },
  );
}
