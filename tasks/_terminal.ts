/** What differs from one run to the next, and what stands for it in a picture. */
const SAME: readonly (readonly [what: RegExp, stands: string])[] = [
  [/\b\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d/g, "2026-11-22$108:47:00"],
  [/\bcontainer=\S+/g, "container=demo"],
  [/\bpid \d+/g, "pid 317"],
];

/** The widths of the columns FOR, PID, CPU, MEMORY, DEATHS and LAST LOG, and what stands in them. */
const ROW =
  /^( *\S.*?) +(?:\d+[smhd]|-) +(\d+|-) +(?:[\d.]+%|-) +(?:\d+[MG]|-) +(\d+|-) +(?:\d+[smhd]|-)$/;

function row(line: string): string {
  const [, start, pid, deaths] = ROW.exec(line) ?? [];
  if (start === undefined || pid === undefined || deaths === undefined) return line;
  const isUp = pid !== "-";
  const is = deaths !== "-";
  const cells = [
    is ? "1s" : "-",
    isUp ? "317" : "-",
    isUp ? "0.0%" : "-",
    isUp ? "4M" : "-",
    deaths,
    is ? "1s" : "-",
  ];
  const widths = [4, 5, 6, 8, 8, 10];
  return start.padEnd(36) + cells.map((cell, i) => cell.padStart(widths[i]!)).join("");
}

function header(line: string): string {
  const [, start] = /^( *PROFILE +STATE) +FOR +PID/.exec(line) ?? [];
  return start === undefined
    ? line
    : `${start.padEnd(36)} FOR  PID   CPU  MEMORY  DEATHS  LAST LOG`;
}

/**
 * Makes what gatewayctl prints the same in each run: PIDs, times, sizes. Pure.
 *
 * @param text What it printed.
 * @returns The same, with what differs replaced.
 */
export function normalize(text: string): string {
  return SAME.reduce((all, [what, stands]) => all.replace(what, stands), text)
    .split("\n").map((line) => row(header(line))).join("\n");
}

/** The longest line that is drawn whole. */
const COLUMNS = 104;
const LINE = 18;
const CHARACTER = 7.8;

const STYLE = `
.ground{fill:#f6f8fa}text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2328;white-space:pre}
.command{font-weight:700}.good{fill:#116329}.bad{fill:#a40e26}.note{fill:#59636e}
@media (prefers-color-scheme:dark){
.ground{fill:#0d1117}text{fill:#e6edf3}.good{fill:#4ade80}.bad{fill:#ff8080}.note{fill:#9ca3af}
}
`;

const WORDS: readonly (readonly [kind: string, what: RegExp])[] = [
  ["bad", /\b(bad config|state unusable|illegal name|reserved name|failed|unusable)\b/],
  ["good", /\b(running|up)\b/],
];

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function draw(line: string): string {
  const text = line.length > COLUMNS ? `${line.slice(0, COLUMNS - 3)}...` : line;
  if (text.startsWith("$ ")) return `<tspan class="command">${escape(text)}</tspan>`;
  if (/^ *PROFILE /.test(text)) return `<tspan class="note">${escape(text)}</tspan>`;
  for (const [kind, what] of WORDS) {
    const found = what.exec(text);
    if (found === null) continue;
    const [before, after] = [text.slice(0, found.index), text.slice(found.index + found[0].length)];
    return `${escape(before)}<tspan class="${kind}">${found[0]}</tspan>${escape(after)}`;
  }
  return escape(text);
}

/**
 * Draws text as a terminal shows it, readable in light and dark. Pure.
 *
 * @param text Commands, each after `$ `, and what they print.
 * @returns The picture, an SVG.
 *
 * @example
 * ```ts
 * import { terminalPicture } from "./_terminal.ts";
 * terminalPicture("$ gatewayctl list").startsWith("<svg"); // true
 * ```
 */
export function terminalPicture(text: string): string {
  const lines = text.split("\n");
  const width = Math.ceil(COLUMNS * CHARACTER) + 40;
  const height = lines.length * LINE + 40;
  const drawn = lines.map((line, i) =>
    line === ""
      ? ""
      : `<text x="20" y="${34 + i * LINE}" xml:space="preserve">${draw(line)}</text>\n`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>What gatewayctl prints in the demo</title>
<style>${STYLE}</style>
<rect class="ground" width="100%" height="100%" rx="8"/>
${drawn.join("")}</svg>
`;
}
