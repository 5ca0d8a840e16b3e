import { parseArgs } from "node:util";
import { MUTATIONS, type Mutation } from "./behaviour.ts";
import { Simulation } from "./simulation.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    steps: { type: "string", default: "5000" },
    runs: { type: "string", default: "1" },
    mutation: { type: "string" },
  },
});
if (values.mutation !== undefined && !MUTATIONS.includes(values.mutation as Mutation)) {
  console.error(`unknown mutation: ${values.mutation}; there are ${MUTATIONS.join(", ")}`);
  process.exit(2);
}

/** One seed, or several from it on; the first that breaks a promise ends it. */
for (let seed = Number(values.seed); seed < Number(values.seed) + Number(values.runs); seed++) {
  const mutation = values.mutation as Mutation | undefined;
  const simulation = new Simulation({ seed, steps: Number(values.steps), ...(mutation ? { mutation } : {}) });
  const startedMs = performance.now();
  try {
    const report = simulation.run();
    const stepsPerSecond = Math.round(report.steps / ((performance.now() - startedMs) / 1000));
    console.log(JSON.stringify({ seed, ...report, stepsPerSecond }));
  } catch (error) {
    console.error(error);
    console.error(`seed ${seed}, ${JSON.stringify({ ...simulation.report(), faults: simulation.faults() })}`);
    process.exit(1);
  }
}
