import { Latencies, type LatencySummary } from "./latencies.ts";
import { LoadConnection, type StreamEvents } from "./load-connection.ts";

export interface LoadOptions {
  /** host:port of a gRPC server over plain TCP. */
  readonly target: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** The encoded request message, without gRPC's prefix; a function gives one for each call, counted from 0. */
  readonly message: Uint8Array | ((call: number) => Uint8Array);
  /** Calls in flight, spread evenly over the connections. */
  readonly concurrency: number;
  /** Default 1. */
  readonly connections?: number;
  readonly durationMs: number;
  /** Calls of this first while are made but not counted. Default 0. */
  readonly warmUpMs?: number;
  /** Goes with every call, names in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface LoadResult {
  /** Calls that ended with OK in the counted time. */
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Of calls that ended with OK. */
  readonly latencyMs: LatencySummary;
  /** Other ends and how often: a grpc-status, `rst-<code>`, `http-<status>`, or `lost` with the connection. */
  readonly errors: Readonly<Record<string, number>>;
  readonly octetsReceived: number;
  readonly seconds: number;
}

/**
 * Keeps `concurrency` unary calls in flight for `durationMs`: whenever one ends, its place makes the next. Resolves when all have ended. The
 * client costs some 3 µs a call, so a server in another process is what is measured. For streams use `LoadConnection.stream`.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { target, path, message, concurrency, connections: count = 1, durationMs, warmUpMs = 0, metadata } = options;
  const connections = await Promise.all(Array.from({ length: count }, () => LoadConnection.open(target, metadata)));
  const latencies = new Latencies();
  const errors: Record<string, number> = {};
  const messageOf = typeof message === "function" ? message : () => message;
  const countFrom = performance.now() + warmUpMs;
  const stopAt = countFrom + durationMs;
  let octetsReceived = 0;
  let made = 0;

  const runPlace = (connection: LoadConnection): Promise<void> =>
    new Promise((resolve) => {
      let beganAt = 0;
      const events: StreamEvents = {
        onData: (chunk) => {
          octetsReceived += chunk.length;
        },
        onEnd: (status) => {
          const now = performance.now();
          if (status !== "0") errors[status] = (errors[status] ?? 0) + 1;
          else if (now >= countFrom && now < stopAt) latencies.add(now - beganAt);
          if (now >= stopAt || !connection.isOpen) resolve();
          else call(now);
        },
      };
      const call = (now: number): void => {
        beganAt = now;
        connection.unary(path, messageOf(made++), events);
      };
      call(performance.now());
    });

  await Promise.all(
    Array.from({ length: concurrency }, (_, place) => runPlace(connections[place % count] as LoadConnection)),
  );
  for (const connection of connections) connection.close();
  const seconds = durationMs / 1000;
  const calls = latencies.count;
  return { calls, callsPerSecond: calls / seconds, latencyMs: latencies.summary(), errors, octetsReceived, seconds };
}
