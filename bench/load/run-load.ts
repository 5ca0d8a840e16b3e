import { Latencies, type LatencySummary } from "./latencies.ts";
import { type EndStatus, LoadConnection, type StreamEvents } from "./load-connection.ts";

export interface CallsOptions {
  readonly open: () => Promise<LoadConnection>;
  /** Makes one call; `number` counts from 0. */
  readonly call: (connection: LoadConnection, number: number, events: StreamEvents) => void;
  /** How a call ends that is a success; `0` of gRPC by default. */
  readonly success?: EndStatus;
  /** Calls in flight, spread evenly over the connections. */
  readonly concurrency: number;
  /** Default 1. */
  readonly connections?: number;
  readonly durationMs: number;
  /** Ends earlier when so many calls have been made. */
  readonly callsMax?: number;
  /** Calls of this first while are made but not counted. Default 0. */
  readonly warmUpMs?: number;
}

export interface LoadOptions extends Omit<CallsOptions, "open" | "call" | "success"> {
  /** host:port of a gRPC server over plain TCP. */
  readonly target: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** The encoded request message, without gRPC's prefix; a function gives one for each call, counted from 0. */
  readonly message: Uint8Array | ((call: number) => Uint8Array);
  /** Goes with every call, names in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface LoadResult {
  /** Calls that ended well in the counted time. */
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Of calls that ended well. */
  readonly latencyMs: LatencySummary;
  /** Other ends and how often: a grpc-status, `rst-<code>`, `http-<status>`, or `lost` with the connection. */
  readonly errors: Readonly<Record<string, number>>;
  readonly octetsReceived: number;
  readonly seconds: number;
}

/** Unary calls of gRPC; see `runCalls`. For streams use `LoadConnection.stream`. */
export function runLoad({ target, path, message, metadata, ...options }: LoadOptions): Promise<LoadResult> {
  const messageOf = typeof message === "function" ? message : () => message;
  return runCalls({
    ...options,
    open: () => LoadConnection.open(target, metadata),
    call: (connection, number, events) => connection.unary(path, messageOf(number), events),
  });
}

/**
 * Keeps `concurrency` calls in flight for `durationMs`: whenever one ends, its place makes the next. Resolves when all have ended. The
 * client costs some 3 µs a call over plain TCP, so a server in another process is what is measured.
 */
export async function runCalls(options: CallsOptions): Promise<LoadResult> {
  const { open, call, success = "0", concurrency, connections: count = 1, durationMs, warmUpMs = 0 } = options;
  const { callsMax = Number.POSITIVE_INFINITY } = options;
  const connections = await Promise.all(Array.from({ length: count }, open));
  const latencies = new Latencies();
  const errors: Record<string, number> = {};
  const countFrom = performance.now() + warmUpMs;
  const stopAt = countFrom + durationMs;
  let made = 0;

  const runPlace = (connection: LoadConnection): Promise<void> =>
    new Promise((resolve) => {
      let beganAt = 0;
      const events: StreamEvents = {
        onEnd: (status) => {
          const now = performance.now();
          if (status !== success) errors[status] = (errors[status] ?? 0) + 1;
          else if (now >= countFrom && now < stopAt) latencies.add(now - beganAt);
          if (now >= stopAt || made >= callsMax || !connection.isOpen) resolve();
          else next(now);
        },
      };
      const next = (now: number): void => {
        beganAt = now;
        call(connection, made++, events);
      };
      if (made < callsMax) next(performance.now());
      else resolve();
    });

  await Promise.all(
    Array.from({ length: concurrency }, (_, place) => runPlace(connections[place % count] as LoadConnection)),
  );
  const octetsReceived = connections.reduce((sum, connection) => sum + connection.octetsReceived, 0);
  for (const connection of connections) connection.close();
  const seconds = durationMs / 1000;
  const calls = latencies.count;
  return { calls, callsPerSecond: calls / seconds, latencyMs: latencies.summary(), errors, octetsReceived, seconds };
}
