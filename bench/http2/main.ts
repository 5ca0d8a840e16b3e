import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { type LoadResult, runLoad } from "../load/run-load.ts";
import { ECHO } from "./echo.ts";

/**
 * grpc-js unary echo over each transport in turn, in one run: node bench/http2/main.ts [--seconds 4] [--rounds 3]. Prints medians as rows:
 * load, transport, calls a second and their ratio to node:http2 as it comes, processor time of the server a call in µs and the same, p50 and
 * p99 in ms.
 */
const { values } = parseArgs({ options: { seconds: { type: "string" }, rounds: { type: "string" } } });
const durationMs = Number(values.seconds ?? "4") * 1000;
const rounds = Number(values.rounds ?? "3");
const TRANSPORTS = ["node", "node young", "own", "own young"];
const LOADS: readonly Load[] = [
  { concurrency: 1, octets: 256 },
  { concurrency: 64, octets: 256 },
  { concurrency: 256, octets: 256 },
  { concurrency: 64, octets: 2048 },
];

interface Load {
  readonly concurrency: number;
  readonly octets: number;
}

interface Measured {
  readonly callsPerSecond: number;
  readonly cpuMicrosPerCall: number;
  readonly p50: number;
  readonly p99: number;
}

console.log("| load | transport | calls/s | CPU µs a call | p50 ms | p99 ms |\n|---|---|---|---|---|---|");
for (const load of LOADS) {
  const results = new Map(TRANSPORTS.map((transport) => [transport, [] as Measured[]]));
  for (let round = 0; round < rounds; round++)
    for (const transport of TRANSPORTS) results.get(transport)?.push(await measure(transport, load));
  const stock = medianOf(results.get("node") ?? []);
  for (const [transport, measured] of results) console.log(render(load, transport, medianOf(measured), stock));
}

function render(load: Load, transport: string, its: Measured, stock: Measured): string {
  const ratio = (its.callsPerSecond / stock.callsPerSecond).toFixed(2);
  const cpuRatio = (stock.cpuMicrosPerCall / its.cpuMicrosPerCall).toFixed(2);
  const cells = [
    `${load.octets} B × ${load.concurrency}`,
    transport,
    `${Math.round(its.callsPerSecond)} (${ratio}×)`,
    `${its.cpuMicrosPerCall.toFixed(1)} (${cpuRatio}×)`,
    its.p50.toFixed(2),
    its.p99.toFixed(2),
  ];
  return `| ${cells.join(" | ")} |`;
}

async function measure(transport: string, load: Load): Promise<Measured> {
  const server = fork(new URL("echo-server.ts", import.meta.url), transport.split(" "));
  const [{ port }] = await once(server, "message");
  const run = (ms: number): Promise<LoadResult> =>
    runLoad({
      target: `127.0.0.1:${port}`,
      path: ECHO.echo.path,
      message: Buffer.alloc(load.octets, 7),
      concurrency: load.concurrency,
      durationMs: ms,
    });
  const cpuMicros = async (): Promise<number> => {
    server.send("cpu");
    return (await once(server, "message"))[0].cpuMicros;
  };
  await run(1500);
  const before = await cpuMicros();
  const { callsPerSecond, calls, errors, latencyMs } = await run(durationMs);
  const used = (await cpuMicros()) - before;
  server.disconnect();
  if (Object.keys(errors).length > 0) throw new Error(`calls failed: ${JSON.stringify(errors)}`);
  return { callsPerSecond, cpuMicrosPerCall: used / calls, p50: latencyMs.p50, p99: latencyMs.p99 };
}

function medianOf(measured: readonly Measured[]): Measured {
  const sorted = [...measured].sort((a, b) => a.callsPerSecond - b.callsPerSecond);
  return sorted[sorted.length >> 1] as Measured;
}
