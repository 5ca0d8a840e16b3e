import { comparable, differences } from "./comparable.ts";
import { perform } from "./perform.ts";
import { readScripts, type Script, type Step } from "./script.ts";
import { Side } from "./side.ts";

/**
 * Sends the same requests to our store and to upstream's etcd (3.6 or later), whose path is in `BENCH_ETCD`, and prints where the answers differ: each script in
 * scripts/ to a fresh cluster of either. `PARITY=regexp` picks scripts by their name.
 */

const LINES_MAX = 12;
const wanted = new RegExp(process.env["PARITY"] ?? ".");
if (!process.env["BENCH_ETCD"]) throw new Error("BENCH_ETCD must name an etcd, 3.6 or later");

let requests = 0;
let differing = 0;
for (const script of readScripts()) if (wanted.test(script.name)) await run(script);
console.log(`\n${requests} requests, ${differing} answered otherwise`);

async function run({ name, members, flags, steps }: Script): Promise<void> {
  const started = await Promise.allSettled([Side.start("drydock", members, flags), Side.start("etcd", members, flags)]);
  const sides = started.flatMap((side) => (side.status === "fulfilled" ? [side.value] : []));
  try {
    for (const side of started) if (side.status === "rejected") throw side.reason;
    for (const [index, step] of steps.entries()) {
      await compare(`${name} ${index + 1}`, step, sides);
      for (const side of sides) side.checkAlive();
    }
  } catch (error) {
    differing++;
    console.log(`${name} ended early: ${String(error)}`);
  } finally {
    for (const side of sides) await side.dispose();
  }
}

async function compare(where: string, step: Step, sides: readonly Side[]): Promise<void> {
  const answers = await Promise.all(sides.map(async (side) => comparable(await perform(side, step), side.names)));
  if (step.kind === "sleep") return;
  requests++;
  const line = `${where}: ${step.line} ${JSON.stringify(step.body ?? "").slice(0, 160)}`;
  const lines = differences(answers[0], answers[1]);
  if (lines.length === 0) return;
  differing++;
  console.log([line, ...lines.slice(0, LINES_MAX).map((text) => `  ${text}`)].join("\n"));
  if (lines.length > LINES_MAX) console.log(`  … and ${lines.length - LINES_MAX} more`);
}
