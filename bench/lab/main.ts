import { execFile, spawn } from "node:child_process";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import Docker from "dockerode";

/**
 * How long a user waits for a lab whose images are there, and what the lab costs while it idles.
 * The anchor is what this machine needs to start as many containers that do nothing: Docker's share of the wait.
 * Takes the lab down and up again: whatever is in it is lost.
 */

const root = new URL("../..", import.meta.url).pathname;
const lab = process.env["DRYDOCK_LAB"] ?? "drydock";
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const IDLE_SECONDS = 30;
const NODE_PORT = 30010;
const run = promisify(execFile);
const docker = new Docker();

interface Round {
  readonly anchorMs: number;
  readonly readyMs: number;
  readonly nginxMs: number;
}

async function measureRound(): Promise<Round> {
  await drydock("down");
  const anchorMs = await startIdleContainers();
  const startedMs = performance.now();
  await drydock("up");
  const readyMs = performance.now() - startedMs;
  await run("kubectl", ["--context", lab, "create", "deployment", "bench", "--image=nginx", "--replicas=3"]);
  await run("kubectl", [
    "--context",
    lab,
    "create",
    "service",
    "nodeport",
    "bench",
    "--tcp=80",
    `--node-port=${NODE_PORT}`,
  ]);
  while (!(await answers())) await sleep(20);
  return { anchorMs, readyMs, nginxMs: performance.now() - startedMs };
}

/** As many containers as the lab has, on a network of their own, in the order of compose: all at once. */
async function startIdleContainers(): Promise<number> {
  const count = 12;
  const network = await docker.createNetwork({ Name: "drydock-bench" });
  const startedMs = performance.now();
  const containers = await Promise.all(
    Array.from({ length: count }, async () => {
      const container = await docker.createContainer({
        Image: "drydock/pause:dev",
        HostConfig: { NetworkMode: "drydock-bench" },
      });
      await container.start();
      return container;
    }),
  );
  const tookMs = performance.now() - startedMs;
  await Promise.all(containers.map((container) => container.remove({ force: true })));
  await network.remove();
  return tookMs;
}

function drydock(command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["bin/drydock.mjs", command], {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`drydock ${command}: exit code ${code}`)),
    );
  });
}

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ host: "127.0.0.1", port: NODE_PORT, agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.once("timeout", () => call.destroy());
    call.once("error", () => resolve(false));
    call.end();
  });
}

interface Cost {
  readonly name: string;
  readonly memoryMiB: number;
  readonly cpuPercent: number;
}

/** Share of one core and resident memory of every process of the lab over a quiet while. */
async function measureIdle(): Promise<Cost[]> {
  const containers = await docker.listContainers({
    filters: JSON.stringify({ label: [`com.docker.compose.project=${lab}`] }),
  });
  const usage = () => Promise.all(containers.map(({ Id }) => docker.getContainer(Id).stats({ stream: false })));
  const before = await usage();
  const startedMs = performance.now();
  await sleep(IDLE_SECONDS * 1000);
  const after = await usage();
  const elapsedNs = (performance.now() - startedMs) * 1e6;
  return containers
    .map(({ Names }, index) => {
      const [first, last] = [before[index], after[index]];
      const cpuNs = (last?.cpu_stats.cpu_usage.total_usage ?? 0) - (first?.cpu_stats.cpu_usage.total_usage ?? 0);
      const memory = last?.memory_stats;
      const cached = (memory?.stats as { total_inactive_file?: number; inactive_file?: number } | undefined) ?? {};
      const bytes = (memory?.usage ?? 0) - (cached.total_inactive_file ?? cached.inactive_file ?? 0);
      return {
        name: (Names[0] ?? "").replace(`/${lab}-`, ""),
        memoryMiB: bytes / 2 ** 20,
        cpuPercent: (cpuNs / elapsedNs) * 100,
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

const seconds = (ms: number) => (ms / 1000).toFixed(1);
const rounds: Round[] = [];
for (let round = 1; round <= ROUNDS; round++) rounds.push(await measureRound());
console.log(
  "\n| round | 12 idle containers | three Ready nodes | ratio | nginx answers | ratio |\n|---|---|---|---|---|---|",
);
for (const [index, { anchorMs, readyMs, nginxMs }] of rounds.entries())
  console.log(
    `| ${index + 1} | ${seconds(anchorMs)} s | ${seconds(readyMs)} s | ${(readyMs / anchorMs).toFixed(1)} | ${seconds(nginxMs)} s | ${(nginxMs / anchorMs).toFixed(1)} |`,
  );
await sleep(10_000);
const costs = await measureIdle();
console.log(`\n| process | memory | CPU, idle over ${IDLE_SECONDS} s |\n|---|---|---|`);
for (const { name, memoryMiB, cpuPercent } of costs)
  console.log(`| ${name} | ${memoryMiB.toFixed(0)} MiB | ${cpuPercent.toFixed(2)} % |`);
const total = (pick: (cost: Cost) => number) => costs.reduce((sum, cost) => sum + pick(cost), 0);
console.log(
  `| all ${costs.length} | ${total((cost) => cost.memoryMiB).toFixed(0)} MiB | ${total((cost) => cost.cpuPercent).toFixed(1)} % |`,
);
await run("kubectl", ["--context", lab, "delete", "deployment,service", "bench"]);
