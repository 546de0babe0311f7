/**
 * Lays out rows in columns.
 *
 * @param rows The rows, the first one maybe a header; all of one length.
 * @param paint Colours a cell, which is padded already; `undefined` leaves it.
 * @returns The lines, without trailing spaces.
 */
export function table(
  rows: readonly (readonly string[])[],
  paint: (cell: string) => string | undefined = () => undefined,
): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) => {
    const last = row.findLastIndex((cell) => cell !== "");
    return row.slice(0, last + 1).map((cell, column) => {
      const padded = column === last ? cell : cell.padEnd(widths[column] ?? 0);
      return paint(padded) ?? padded;
    }).join("  ");
  }).join("\n");
}
