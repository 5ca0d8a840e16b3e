import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { renderReport } from "./report.ts";
import { run } from "./run.ts";
import { scenarios } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    scenario: { type: "string", multiple: true },
    seconds: { type: "string", default: "20" },
    seed: { type: "string" },
    report: { type: "string" },
  },
});
const wanted = scenarios.filter(({ name }) => values.scenario?.includes(name) ?? true);
const unknown = values.scenario?.filter((name) => !scenarios.some((scenario) => scenario.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(`unknown scenario: ${unknown.join(", ")}; there are`);
  for (const { name, describes } of scenarios) console.error(`  ${name.padEnd(20)} ${describes}`);
  process.exit(2);
}
const seed = Number(values.seed ?? Date.now() % 100_000);
const seconds = Number(values.seconds);
let broken = 0;
for (const scenario of wanted) {
  const result = await run({ scenario, seconds, seed });
  const { recorder, violations } = result;
  const counts = `${recorder.operations.length} operations, ${recorder.faults.length} faults`;
  console.log(`${scenario.name}: ${counts}, ${violations.length === 0 ? "every promise kept" : "BROKEN"}`);
  for (const { check, message, offender } of violations) console.log(`  ${check}: ${message} (${offender})`);
  if (violations.length > 0) {
    broken++;
    console.log(`  again: npm run robustness -- --scenario ${scenario.name} --seconds ${seconds} --seed ${seed}`);
  }
  if (values.report === undefined) continue;
  await mkdir(values.report, { recursive: true });
  const path = join(values.report, `${scenario.name}.html`);
  await writeFile(path, renderReport(result));
  console.log(`  report: ${path}`);
}
process.exit(broken > 0 ? 1 : 0);
