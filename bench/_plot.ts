/** A line in a plot. */
export interface Series {
  name: string;
  colour: string;
  points: readonly (readonly [x: number, y: number])[];
}

/** What surrounds the lines. */
export interface Axes {
  title: string;
  x: string;
  y: string;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 360, 60, 150, 36, 44];

const LINE_HEIGHT = 13;

/** The powers of ten around some numbers. */
function decades(values: readonly number[]): number[] {
  const from = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const to = Math.ceil(Math.log10(Math.max(...values)) - 1e-9);
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}

/**
 * Draws lines on two logarithmic axes as SVG. Pure; no permission is needed.
 *
 * @param series The lines; their numbers are positive.
 * @param axes The words around them.
 * @returns The document.
 */
export function plot(series: readonly Series[], axes: Axes): string {
  const points = series.flatMap((one) => one.points);
  const [xs, ys] = [decades(points.map(([x]) => x)), decades(points.map(([, y]) => y))];
  const scale = (ticks: number[], from: number, to: number) => (value: number) => {
    const [low = 1, high = 10] = [ticks[0], ticks.at(-1)];
    const part = Math.log10(value / low) / Math.log10(high / low);
    return Math.round((from + part * (to - from)) * 10) / 10;
  };
  const x = scale(xs, LEFT, WIDTH - RIGHT);
  const y = scale(ys, HEIGHT - BOTTOM, TOP);
  const grid = [
    ...xs.map((tick) =>
      `<path class="grid" d="M${x(tick)} ${TOP}V${HEIGHT - BOTTOM}"/>` +
      `<text x="${x(tick)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${tick}</text>`
    ),
    ...ys.map((tick) =>
      `<path class="grid" d="M${LEFT} ${y(tick)}H${WIDTH - RIGHT}"/>` +
      `<text x="${LEFT - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`
    ),
  ];
  let lowest = -Infinity;
  const end = ({ points }: Series) => y(points.at(-1)?.[1] ?? 1);
  const lines = series.toSorted((a, b) => end(a) - end(b)).map((one) => {
    const { name, colour, points } = one;
    const [endX = 1] = points.at(-1) ?? [];
    lowest = Math.max(end(one), lowest + LINE_HEIGHT);
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${
      points.map(([px, py]) => `${x(px)},${y(py)}`).join(" ")
    }"/><text x="${x(endX) + 6}" y="${lowest + 4}" fill="${colour}">${name}</text>`;
  });
  const middle = (LEFT + WIDTH - RIGHT) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<style>.grid{stroke:#ddd}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${middle}" y="20" text-anchor="middle" font-size="14">${axes.title}</text>
<text x="${middle}" y="${HEIGHT - 8}" text-anchor="middle">${axes.x}</text>
<text x="14" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 14 ${
    HEIGHT / 2
  })">${axes.y}</text>
${[...grid, ...lines].join("\n")}
</svg>
`;
}
