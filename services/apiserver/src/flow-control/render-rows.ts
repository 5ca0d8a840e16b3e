/** Values with commas between, in columns as wide as their longest cell, as Go's tabwriter aligns them. */
export function renderRows(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.slice(0, -1).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? MIN_WIDTH, cell.length + 2);
    });
  return rows
    .map((row) => row.map((cell, column) => (column < row.length - 1 ? pad(cell, widths[column] ?? 0) : cell)))
    .map((cells) => `${cells.join("")}\n`)
    .join("");
}

const MIN_WIDTH = 8;

function pad(cell: string, width: number): string {
  return `${cell},`.padEnd(width);
}
