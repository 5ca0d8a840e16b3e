import type { Measurement, Row } from "./row.ts";

/** A system that is measured, ours or an anchor. */
interface Named {
  readonly system: string;
}

/** Measures each row on all systems in turn, and prints a table: ours comes first, the ratio is to the second. */
export async function compareRows<Measured extends Named>(
  all: readonly Measured[],
  rows: readonly Row<Measured>[],
  rounds: number,
): Promise<void> {
  console.log(`| row | ${all.map(({ system }) => system).join(" | ")} | ratio | p50 ms | p99 ms | CPU µs |`);
  console.log(`|---|${all.map(() => "---|").join("")}---|---|---|---|`);
  for (const row of rows) {
    const results = all.map((): Measurement[] => []);
    for (let round = 0; round < (row.rounds ?? rounds); round++)
      for (const [index, measured] of all.entries()) results[index]?.push(await row.measure(measured));
    console.log(renderRow(row, results));
  }
}

function renderRow(
  { name, unit, isMoreBetter }: Pick<Row<never>, "name" | "unit" | "isMoreBetter">,
  results: readonly Measurement[][],
): string {
  const values = results.map((list) => median(list.map(({ value }) => value)));
  const [ours = Number.NaN, theirs = Number.NaN] = values;
  const ratio = isMoreBetter ? ours / theirs : theirs / ours;
  const medians = (pick: (one: Measurement) => number | undefined) =>
    results
      .map((list) => median(list.map((one) => pick(one) ?? Number.NaN)))
      .map((value) => (Number.isNaN(value) ? "–" : value.toFixed(2)))
      .join(" / ");
  const errors = results.flat().flatMap(({ errors: found }) => Object.entries(found ?? {}));
  const note = errors.length > 0 ? ` errors: ${JSON.stringify(errors)}` : "";
  const cells = values.map((value) => `${value >= 100 ? whole(value) : value.toFixed(2)}${unit}`);
  const columns = [
    name,
    ...cells,
    Number.isNaN(ratio) ? "–" : ratio.toFixed(2),
    medians(({ p50Ms }) => p50Ms),
    medians(({ p99Ms }) => p99Ms),
    medians(({ cpuMicros }) => cpuMicros),
  ];
  return `| ${columns.join(" | ")} |${note}`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
