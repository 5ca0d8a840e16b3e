import { compareRows, whole } from "../rows/compare-rows.ts";
import type { Row } from "../rows/row.ts";
import { type Growth, measureGrowth, measureRestart } from "./growth.ts";
import { Plane, type System } from "./plane.ts";
import { addNamespace, fillNamespace } from "./pods.ts";
import { createRow, getRow, getUnderWritesRow, patchRow, SCRATCH } from "./rows/calls.ts";
import { listRow } from "./rows/lists.ts";
import { componentCreates, storeCreates } from "./rows/stages.ts";
import { idleWatchesRow, watchFanOutRow } from "./rows/watches.ts";

/**
 * Our API server, beside upstream's where `BENCH_KUBE_APISERVER` is the path of one. `BENCH_ROWS=regexp` picks rows, `BENCH_ROUNDS` how often
 * each is measured, `BENCH_SECONDS` how long; `BENCH_PODS` up to how many pods growth is followed (0: not at all).
 */

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 2);
const PODS_MAX = Number(process.env["BENCH_PODS"] ?? 50_000);
const LISTED = 5_000;
const wanted = new RegExp(process.env["BENCH_ROWS"] ?? ".");
const systems: readonly System[] = process.env["BENCH_KUBE_APISERVER"] ? ["drydock", "kube-apiserver"] : ["drydock"];

const rows: readonly Row<Plane>[] = [
  ...[1, 16, 64].map(createRow),
  patchRow(16),
  ...[1, 64].map((concurrency) => getRow("listed", LISTED, concurrency)),
  getUnderWritesRow("listed", LISTED),
  listRow("listed", LISTED),
  ...[1, 100, 1000].map(watchFanOutRow),
  idleWatchesRow(10_000),
].filter(({ name }) => wanted.test(name));

const planes = await Promise.all(systems.map((system) => Plane.start(system)));
try {
  for (const plane of planes) {
    await addNamespace(plane, SCRATCH);
    await addNamespace(plane, "listed");
    if (rows.length > 0) await fillNamespace(plane, "listed", LISTED);
  }
  if (rows.length > 0) await compareRows(planes, rows, ROUNDS);
  if (wanted.test("stages")) await showStages(planes[0] as Plane);
} finally {
  await Promise.all(planes.map((plane) => plane.dispose()));
}
if (PODS_MAX > 0) await showGrowth();

/** The same creates through REST, over the components' protocol, and as the store's own transactions. */
async function showStages(plane: Plane): Promise<void> {
  console.log("\n| creates/s, 64 in flight | | of the store's |\n|---|---|---|");
  const raw = await storeCreates(plane, 64);
  const stages = [
    ["transactions of the store", raw],
    ["components' protocol", await componentCreates(plane, 64)],
    ["REST", (await createRow(64).measure(plane)).value],
  ] as const;
  for (const [name, value] of stages) console.log(`| ${name} | ${whole(value)} | ${(value / raw).toFixed(2)} |`);
}

async function showGrowth(): Promise<void> {
  const steps = [100, 5_000, 10_000, 50_000, 100_000].filter((pods) => pods <= PODS_MAX);
  console.log("\n| | pods | creates/s | MiB | list MB | first list ms | again ms | a plain copy ms |");
  console.log("|---|---|---|---|---|---|---|---|");
  for (const system of systems) {
    const plane = await Plane.start(system);
    try {
      for (const growth of await measureGrowth(plane, steps)) console.log(renderGrowth(system, growth));
      const { readyMs, memoryMiB } = await measureRestart(plane);
      console.log(
        `\n${system}, started again with ${whole(steps.at(-1) ?? 0)} pods: ready after ${whole(readyMs)} ms, ${whole(memoryMiB)} MiB\n`,
      );
    } finally {
      await plane.dispose();
    }
  }
}

function renderGrowth(system: System, growth: Growth): string {
  const { pods, createsPerSecond, memoryMiB, listOctets, firstListMs, listMs, copyMs } = growth;
  const times = [firstListMs, listMs, copyMs].map((ms) => ms.toFixed(1));
  const cells = [whole(pods), whole(createsPerSecond), whole(memoryMiB), (listOctets / 1e6).toFixed(2), ...times];
  return `| ${system} | ${cells.join(" | ")} |`;
}
