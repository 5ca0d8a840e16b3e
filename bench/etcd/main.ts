import { compareRows } from "../rows/compare-rows.ts";
import type { Row } from "../rows/row.ts";
import { Members, type System } from "./members.ts";
import { MemoryNotes } from "./memory-notes.ts";
import { leaderKillRow, measureGrowth } from "./rows/recovery.ts";
import { idleWatchesRow, keepAliveRow, watchFanOutRow } from "./rows/streams.ts";
import { compareAndSwapRow, fill, getRow, putRow, rangeRow } from "./rows/unary.ts";

/**
 * Our three members beside the distribution's etcd, row by row in turn in one run. `BENCH_ROWS=regexp` picks rows, `BENCH_ROUNDS` how
 * often each is measured, `BENCH_SECONDS` how long; `BENCH_GROWTH_KEYS` adds what so many keys cost.
 */

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const wanted = new RegExp(process.env["BENCH_ROWS"] ?? ".");
const isWanted = ({ name }: Row<Members>): boolean => wanted.test(name);
const systems = (process.env["BENCH_SYSTEMS"] ?? "drydock,etcd").split(",") as System[];

const puts: readonly Row<Members>[] = [
  ...[1, 64, 256, 1000].map((clients) => putRow(256, clients)),
  ...[1, 64, 256, 1000].map((clients) => putRow(2048, clients)),
].filter(isWanted);
const others: readonly Row<Members>[] = [
  getRow(false, 64),
  getRow(true, 64),
  ...[1, 100, 1000].map((keys) => rangeRow(keys, 8)),
  compareAndSwapRow(64),
  watchFanOutRow(100),
  idleWatchesRow(10_000),
  keepAliveRow(64),
  leaderKillRow,
].filter(isWanted);

const clusters = await Promise.all(systems.map((system) => Members.start(system)));
const memory = new MemoryNotes(clusters);
try {
  if (puts.length + others.length > 0) {
    await memory.takeQuiet("with nothing in it");
    for (const members of clusters) await fill(members);
    memory.take("10,000 keys, just put");
    await memory.takeQuiet();
    await compareRows(clusters, puts, ROUNDS);
    memory.take("after these rows");
    await memory.takeQuiet();
    await compareRows(clusters, others, ROUNDS);
    memory.take("after these rows");
    await memory.takeQuiet();
    memory.print();
  }
} finally {
  await Promise.all(clusters.map((members) => members.dispose()));
}

const GROWTH_KEYS = Number(process.env["BENCH_GROWTH_KEYS"] ?? 0);
if (GROWTH_KEYS > 0) {
  console.log(
    `\n| with ${GROWTH_KEYS.toLocaleString("en-US")} keys | puts/s, first 10,000 | last 10,000 | MiB | restart ms | MiB after it |`,
  );
  console.log("|---|---|---|---|---|---|");
  for (const system of systems) {
    const { early, late, memoryMiB, restartMs, memoryAfterRestartMiB } = await measureGrowth(system, GROWTH_KEYS);
    const cells = [early, late, memoryMiB, restartMs, memoryAfterRestartMiB].map((value) => Math.round(value ?? 0));
    console.log(`| ${system} | ${cells.join(" | ")} |`);
  }
}
