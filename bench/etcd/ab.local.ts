import { Members } from "./members.ts";
import { keepAliveRow, watchFanOutRow } from "./rows/streams.ts";
import { compareAndSwapRow, fill, getRow, putRow, rangeRow } from "./rows/unary.ts";

// VARIANTS="A=1;A=2;etcd" ROWS=put:64,get
const variants = (process.env.VARIANTS ?? ";").split(";");
const rounds = Number(process.env.ROUNDS ?? 7);
const clusters: Members[] = [];
for (const v of variants) {
  const pairs =
    v === "etcd"
      ? []
      : v
          .split(",")
          .filter(Boolean)
          .map((p) => p.split("=") as [string, string]);
  for (const [k, x] of pairs) process.env[k] = x;
  clusters.push(await Members.start(v === "etcd" ? "etcd" : "drydock"));
  for (const [k] of pairs) delete process.env[k];
}
const median = (l: number[]) => [...l].sort((a, b) => a - b)[l.length >> 1] ?? NaN;
try {
  for (const m of clusters) await fill(m);
  for (const spec of (process.env.ROWS ?? "put:64").split(",")) {
    const [kind, n] = spec.split(":");
    const c = Number(n ?? 64);
    const row = {
      put: () => putRow(256, c),
      put2: () => putRow(2048, c),
      get: () => getRow(false, c),
      sget: () => getRow(true, c),
      range: () => rangeRow(c, 8),
      watch: () => watchFanOutRow(100),
      ka: () => keepAliveRow(64),
      cas: () => compareAndSwapRow(c),
    }[kind as "put"]();
    const res = clusters.map(() => [] as { v: number; c: number; p: number }[]);
    for (let r = 0; r < rounds; r++)
      for (const [i, m] of clusters.entries()) {
        const x = await row.measure(m);
        res[i]!.push({ v: x.value, c: x.cpuMicros ?? NaN, p: x.p50Ms ?? NaN });
      }
    for (const [i, v] of variants.entries())
      console.log(
        row.name.padEnd(28),
        v.padEnd(30),
        "median",
        Math.round(median(res[i]!.map((x) => x.v))),
        "max",
        Math.round(Math.max(...res[i]!.map((x) => x.v))),
        "cpu med",
        median(res[i]!.map((x) => x.c)).toFixed(1),
        "min",
        Math.min(...res[i]!.map((x) => x.c)).toFixed(1),
        "p50",
        median(res[i]!.map((x) => x.p)).toFixed(2),
      );
  }
} finally {
  await Promise.all(clusters.map((m) => m.dispose()));
}
