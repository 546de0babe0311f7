/** A line in a plot. */
export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

/** What surrounds the lines. */
export interface Axes {
  title: string;
  x: string;
  y: string;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 400, 60, 160, 40, 48];

const LINE_HEIGHT = 15;

/** The colours of the lines: to tell apart with any eyes, on white and on black. */
const LIGHT = ["#0b5cad", "#0f8a5f", "#b45309", "#a21caf", "#6b7280"];
const DARK = ["#6cb6ff", "#4ade80", "#fbbf24", "#f0abfc", "#9ca3af"];

const STYLE = `<style>
.ground{fill:#fff}.grid{stroke:#ddd}text{fill:#222}.line{fill:none;stroke-width:2}
${LIGHT.map((colour, n) => `.c${n}{stroke:${colour}}.t${n}{fill:${colour}}`).join("")}
@media (prefers-color-scheme:dark){
.ground{fill:#0d1117}.grid{stroke:#30363d}text{fill:#e6edf3}
${DARK.map((colour, n) => `.c${n}{stroke:${colour}}.t${n}{fill:${colour}}`).join("")}
}
</style>`;

/** 1, 2 and 5 times the powers of ten around some numbers. */
function ticksAround(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const exponents = Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1;
  const all = Array.from({ length: exponents }, (_, n) => Math.floor(Math.log10(low)) + n)
    .flatMap((exponent) => [1, 2, 5].map((digit) => Number(`${digit}e${exponent}`)));
  const from = all.findLastIndex((tick) => tick <= low);
  const to = all.findIndex((tick) => tick >= high);
  return all.slice(from, to + 1);
}

/** Maps numbers from those of some ticks to a line, by their logarithms. */
function scaleOf(ticks: readonly number[], from: number, to: number): (value: number) => number {
  const [low = 1, high = 10] = [ticks[0], ticks.at(-1)];
  return (value) => {
    const part = Math.log(value / low) / Math.log(high / low);
    return Math.round((from + part * (to - from)) * 10) / 10;
  };
}

/**
 * Draws lines on two logarithmic axes as SVG, dark where the reader's system is. Pure; no
 * permission is needed.
 *
 * @param series The lines, at most five; their numbers are positive.
 * @param axes The words around them.
 * @returns The document.
 */
export function plot(series: readonly Series[], axes: Axes): string {
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b);
  const ys = ticksAround(points.map(([, y]) => y));
  const x = scaleOf(xs, LEFT, WIDTH - RIGHT);
  const y = scaleOf(ys, HEIGHT - BOTTOM, TOP);
  const grid = [
    ...xs.map((tick) =>
      `<path class="grid" d="M${x(tick)} ${TOP}V${HEIGHT - BOTTOM}"/>` +
      `<text x="${x(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${tick}</text>`
    ),
    ...ys.map((tick) =>
      `<path class="grid" d="M${LEFT} ${y(tick)}H${WIDTH - RIGHT}"/>` +
      `<text x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`
    ),
  ];
  let lowest = -Infinity;
  const end = ({ points }: Series) => y(points.at(-1)?.[1] ?? 1);
  const lines = series.map((one, n) => ({ ...one, n })).toSorted((a, b) => end(a) - end(b))
    .map((one) => {
      lowest = Math.max(end(one), lowest + LINE_HEIGHT);
      const path = one.points.map(([px, py]) => `${x(px)},${y(py)}`).join(" ");
      return `<polyline class="line c${one.n}" points="${path}"/>` +
        `<text class="t${one.n}" x="${WIDTH - RIGHT + 8}" y="${lowest + 4}">${one.name}</text>`;
    });
  const middle = (LEFT + WIDTH - RIGHT) / 2;
  const up = HEIGHT / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" \
font-family="sans-serif" font-size="13">
${STYLE}
<rect class="ground" width="100%" height="100%"/>
<text x="${middle}" y="22" text-anchor="middle" font-size="15">${axes.title}</text>
<text x="${middle}" y="${HEIGHT - 8}" text-anchor="middle">${axes.x}</text>
<text x="16" y="${up}" text-anchor="middle" transform="rotate(-90 16 ${up})">${axes.y}</text>
${[...grid, ...lines].join("\n")}
</svg>
`;
}
