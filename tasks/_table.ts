/**
 * Lays out rows in columns. Pure; no permission is needed.
 *
 * @param rows The rows, the first one being the header; all of one length.
 * @returns The lines, without trailing spaces.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  ).join("\n");
}
