import { cut, widthOf } from "./_width.ts";

/** How {@linkcode table} lays out. */
export interface TableOptions {
  /** Colours a cell, which is padded already; `undefined` leaves it. */
  paint?: ((cell: string, row: number, column: number) => string | undefined) | undefined;
  /** The columns that end at their right edge, as numbers do. */
  right?: readonly number[] | undefined;
  /** How wide a line may be, in columns of a terminal; the first column is cut to that. */
  width?: number | undefined;
}

const GAP = "  ";

/** Less than this is left of no cell. */
const LEAST = 8;

/**
 * Lays out rows in columns.
 *
 * @param rows The rows, the first one maybe a header; all of one length. No cell
 * has a control character.
 * @param options How.
 * @returns The lines, without trailing spaces.
 */
export function table(
  rows: readonly (readonly string[])[],
  { paint = () => undefined, right = [], width = Infinity }: TableOptions = {},
): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[column] ?? "")), 0)
  );
  const [first = 0, ...others] = widths;
  const taken = others.reduce((sum, one) => sum + GAP.length + one, 0);
  widths[0] = Math.min(first, Math.max(LEAST, width - taken));
  const pad = (cell: string, column: number, isLast: boolean) => {
    const text = column === 0 ? cut(cell, widths[0]!) : cell;
    const space = " ".repeat(Math.max(0, widths[column]! - widthOf(text)));
    return right.includes(column) ? space + text : isLast ? text : text + space;
  };
  return rows.map((cells, row) => {
    const last = cells.findLastIndex((cell) => cell !== "");
    return cells.slice(0, last + 1)
      .map((cell, column) => {
        const padded = pad(cell, column, column === last);
        return paint(padded, row, column) ?? padded;
      })
      .join(GAP);
  }).join("\n");
}
