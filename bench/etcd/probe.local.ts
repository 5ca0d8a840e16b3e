import { execSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { Members } from "./members.ts";
import { watchFanOutRow } from "./rows/streams.ts";
import { fill, getRow, putRow, rangeRow } from "./rows/unary.ts";

const system = (process.env.SYS ?? "drydock") as "drydock";
const m = await Members.start(system);
try {
  await fill(m);
  const leader = await m.leader();
  const pids = execSync("pgrep -f drydock-bench-")
    .toString()
    .trim()
    .split("\n")
    .map(Number)
    .filter((p) => {
      try {
        return /services\/etcd-node|\/usr\/bin\/etcd/.test(readFileSync(`/proc/${p}/cmdline`, "utf8"));
      } catch {
        return false;
      }
    });
  const stat = () =>
    pids.map((p) => {
      const f = readFileSync(`/proc/${p}/stat`, "utf8").split(") ")[1]!.split(" ");
      const st = readFileSync(`/proc/${p}/status`, "utf8");
      let vol = 0,
        inv = 0;
      for (const t of readdirSync(`/proc/${p}/task`)) {
        try {
          const s = readFileSync(`/proc/${p}/task/${t}/status`, "utf8");
          vol += Number(/\nvoluntary_ctxt_switches:\s+(\d+)/.exec(s)![1]);
          inv += Number(/nonvoluntary_ctxt_switches:\s+(\d+)/.exec(s)![1]);
        } catch {}
      }
      return {
        user: Number(f[11]) / 100,
        sys: Number(f[12]) / 100,
        vol,
        inv,
        rss: Number(/VmRSS:\s+(\d+)/.exec(st)![1]) >> 10,
      };
    });
  const syncs = () =>
    Promise.all(
      m.targets.map(async (t) =>
        Number(
          /etcd_disk_wal_fsync_duration_seconds_count (\d+)/.exec(
            await (await fetch(`http://${t}/metrics`)).text(),
          )?.[1] ?? 0,
        ),
      ),
    );
  const rows = {
    put: putRow(256, Number(process.env.CLIENTS ?? 64)),
    put2: putRow(2048, Number(process.env.CLIENTS ?? 64)),
    get: getRow(false, 64),
    range: rangeRow(Number(process.env.CLIENTS ?? 100), 8),
    watch: watchFanOutRow(100),
  } as const;
  const row = rows[(process.env.ROW ?? "put") as "put"];
  const rounds = Number(process.env.ROUNDS ?? 2);
  for (let r = 0; r < rounds; r++) {
    const f0 = await syncs();
    const a = stat();
    const me = process.cpuUsage();
    let perf: ReturnType<typeof spawn> | undefined;
    if (process.env.STRACE && r === rounds - 1) {
      for (const i of [leader, (leader + 1) % 3]) {
        const s = spawn("timeout", ["-s", "INT", "2", "strace", "-c", "-f", "-p", String(pids[i])], {
          stdio: ["ignore", "inherit", "inherit"],
        });
        void s;
      }
    }
    if (process.env.PERF && r === rounds - 1)
      perf = spawn(
        "perf",
        [
          "record",
          "-g",
          "-F",
          "999",
          "-o",
          process.env.PERF,
          "-p",
          String(pids[process.env.PERF_FOLLOWER ? (leader + 1) % 3 : leader]),
        ],
        { stdio: "ignore" },
      );
    const result = await row.measure(m);
    if (perf) {
      perf.kill("SIGINT");
      await new Promise((f) => perf!.once("exit", f));
    }
    const b = stat();
    const mine = process.cpuUsage(me);
    console.log(
      row.name,
      Math.round(result.value),
      "/s p50",
      result.p50Ms?.toFixed(2),
      "p99",
      result.p99Ms?.toFixed(2),
      "cpu/call",
      result.cpuMicros?.toFixed(1),
      "client cpu",
      ((mine.user + mine.system) / 1e6).toFixed(2),
    );
    console.log(" wal syncs", (await syncs()).map((x, i) => x - f0[i]!).join(" "));
    b.forEach((x, i) =>
      console.log(
        i === leader ? " leader" : "       ",
        "user",
        (x.user - a[i]!.user).toFixed(2),
        "sys",
        (x.sys - a[i]!.sys).toFixed(2),
        "vol",
        x.vol - a[i]!.vol,
        "inv",
        x.inv - a[i]!.inv,
        "rss",
        x.rss,
      ),
    );
  }
  if (process.env.MEM)
    for (let i = 0; i < 4; i++) {
      const t = await (await fetch(`http://${m.targets[leader]}/metrics`)).text();
      console.log(
        t
          .split("\n")
          .filter((l) => /^(nodejs_heap_size|nodejs_external|process_resident|nodejs_heap_space_size_used)/.test(l))
          .map((l) => l.replace(/(\d+)$/, (x) => (Number(x) / 1e6).toFixed(0)))
          .join(" | "),
      );
      await new Promise((f) => setTimeout(f, 3000));
    }
} finally {
  await m.dispose();
}
