import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { type LoadResult, runLoad } from "../load/run-load.ts";
import { ECHO } from "./echo.ts";

/**
 * grpc-js unary echo over each transport in turn, in one run: node bench/http2/main.ts [--seconds 4] [--rounds 3]. Prints medians; ratios are to
 * node:http2.
 */
const { values } = parseArgs({ options: { seconds: { type: "string" }, rounds: { type: "string" } } });
const durationMs = Number(values.seconds ?? "4") * 1000;
const rounds = Number(values.rounds ?? "3");
const TRANSPORTS = ["node", "own"] as const;
const LOADS = [
  { concurrency: 1, octets: 256 },
  { concurrency: 64, octets: 256 },
  { concurrency: 256, octets: 256 },
  { concurrency: 64, octets: 2048 },
];

interface Measured {
  readonly callsPerSecond: number;
  readonly cpuMicrosPerCall: number;
  readonly p50: number;
  readonly p99: number;
}

for (const load of LOADS) {
  const results: Record<(typeof TRANSPORTS)[number], Measured[]> = { node: [], own: [] };
  for (let round = 0; round < rounds; round++)
    for (const transport of TRANSPORTS) results[transport].push(await measure(transport, load));
  for (const transport of TRANSPORTS) {
    const [own, stock] = [medianOf(results[transport]), medianOf(results.node)];
    console.log(
      `${load.octets} B × ${load.concurrency} ${transport}: ${Math.round(own.callsPerSecond)}/s ` +
        `(${(own.callsPerSecond / stock.callsPerSecond).toFixed(2)}×), ${own.cpuMicrosPerCall.toFixed(1)} µs CPU a call, ` +
        `p50 ${own.p50.toFixed(2)} ms, p99 ${own.p99.toFixed(2)} ms`,
    );
  }
}

async function measure(transport: string, load: { concurrency: number; octets: number }): Promise<Measured> {
  const server = fork(new URL("echo-server.ts", import.meta.url), [transport]);
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
