/** etcdctl's three forms of one row of results. */
export const OUTPUT_FORMS = ["simple", "json", "table"] as const;
export type OutputForm = (typeof OUTPUT_FORMS)[number];

export interface Row {
  readonly title: string;
  /** As text for people. */
  readonly text: string;
  readonly field: string;
  readonly value: number;
}

export function renderRow(row: readonly Row[], form: OutputForm): string {
  if (form === "json") return JSON.stringify(Object.fromEntries(row.map(({ field, value }) => [field, value])));
  if (form === "simple") return row.map(({ text }) => text).join(", ");
  return renderTable(row);
}

function renderTable(row: readonly Row[]): string {
  const widths = row.map(({ title, text }) => Math.max(title.length, text.length));
  const line = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  const render = (cells: readonly string[]) => `|${cells.map((cell) => ` ${cell} `).join("|")}|`;
  const titles = row.map(({ title }, index) => center(title.toUpperCase(), widths[index] as number));
  const texts = row.map(({ text }, index) => text.padStart(widths[index] as number));
  return [line, render(titles), line, render(texts), line].join("\n");
}

function center(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return text.padStart(text.length + left).padEnd(width);
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** In powers of a thousand; small figures with one digit behind the point, large ones rounded to even, as etcdctl does. */
export function renderSize(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const exponent = Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = Math.floor((bytes / 1000 ** exponent) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : roundToEven(value)} ${UNITS[exponent]}`;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
