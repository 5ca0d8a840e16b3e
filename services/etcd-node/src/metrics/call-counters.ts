import { OctetSource, octetsOf } from "@drydock/http2";
import {
  type MethodDefinition,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { CallTimer, type CallTimes } from "./call-times.ts";
import type { DurationHistogram } from "./duration-histogram.ts";

export interface CallCounter {
  readonly type: "unary" | "client_stream" | "server_stream" | "bidi_stream";
  readonly service: string;
  readonly method: string;
  /** How long its calls took, where that is wanted. */
  readonly durations: DurationHistogram | undefined;
  started: number;
  /** By the name of the code. */
  readonly handled: Map<string, number>;
  /** Over gRPC, and the octets in them. */
  readonly received: Messages;
  readonly sent: Messages;
}

interface Messages {
  count: number;
  bytes: number;
}

export interface CountedService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

type Handler = (call: StreamCall, callback?: (error: { code?: number } | null, response?: unknown) => void) => void;
interface StreamCall {
  readonly cancelled: boolean;
  getPeer?(): string;
  once(event: string, listener: (error?: { code?: number }) => void): void;
}

/** How often each method was called and how its calls ended, as `grpc_server_*` tells it. */
export class CallCounters {
  readonly all: CallCounter[] = [];
  readonly #timer: CallTimer | undefined;

  constructor(times?: CallTimes) {
    this.#timer = times && new CallTimer(times);
  }

  /** The same service, counted. */
  wrap({ definition, implementation }: CountedService): CountedService {
    const counted: Record<string, Method> = {};
    const handlers: UntypedServiceImplementation = {};
    for (const [key, method] of Object.entries(definition)) {
      const handler = implementation[key] as unknown as Handler | undefined;
      if (!handler) continue;
      const counter = counterOf(method, this.#timer?.createHistogram());
      this.all.push(counter);
      counted[key] = countMessages(counter, method);
      const count = counter.type === "unary" ? countUnary : countStream;
      handlers[key] = count(counter, handler, this.#timer) as unknown as (typeof handlers)[string];
    }
    return { definition: counted, implementation: handlers };
  }

  /** Octets of all messages. */
  get bytes(): { readonly received: number; readonly sent: number } {
    const sum = (of: "received" | "sent") => this.all.reduce((bytes, counter) => bytes + counter[of].bytes, 0);
    return { received: sum("received"), sent: sum("sent") };
  }
}

type Method = MethodDefinition<unknown, unknown> & {
  responsePieces?(response: unknown): readonly Uint8Array[] | OctetSource | undefined;
};

function countMessages({ received, sent }: CallCounter, method: Method): Method {
  const { requestDeserialize, responseSerialize, responsePieces } = method;
  return {
    ...method,
    requestDeserialize(bytes) {
      received.count++;
      received.bytes += bytes.length;
      return requestDeserialize(bytes);
    },
    responseSerialize(response) {
      const bytes = responseSerialize(response);
      sent.count++;
      sent.bytes += bytes.length;
      return bytes;
    },
    ...(responsePieces && {
      responsePieces(response: unknown) {
        const pieces = responsePieces(response);
        if (pieces) sent.count++;
        if (pieces) sent.bytes += pieces instanceof OctetSource ? pieces.length : octetsOf(pieces);
        return pieces;
      },
    }),
  };
}

function counterOf(
  { path, requestStream, responseStream }: MethodDefinition<unknown, unknown>,
  durations: DurationHistogram | undefined,
): CallCounter {
  const [, service = "", method = ""] = path.split("/");
  const type = requestStream
    ? responseStream
      ? "bidi_stream"
      : "client_stream"
    : responseStream
      ? "server_stream"
      : "unary";
  return { type, service, method, durations, started: 0, handled: new Map(), received: none(), sent: none() };
}

function none(): Messages {
  return { count: 0, bytes: 0 };
}

function countUnary(counter: CallCounter, handler: Handler, timer: CallTimer | undefined): Handler {
  const path = `/${counter.service}/${counter.method}`;
  return (call, callback) => {
    counter.started++;
    const startMs = timer?.now() ?? 0;
    handler(call, (error, response) => {
      timer?.ended(startMs, path, call, counter.durations);
      end(counter, error ? (error.code ?? status.UNKNOWN) : status.OK);
      callback?.(error, response);
    });
  };
}

function countStream(counter: CallCounter, handler: Handler): Handler {
  return (call) => {
    counter.started++;
    const startMs = counter.durations ? performance.now() : 0;
    let code: number | undefined;
    const settle = (outcome: number) => {
      code ??= outcome;
    };
    call.once("error", (error) => settle(error?.code ?? status.UNKNOWN));
    call.once("finish", () => settle(status.OK));
    call.once("close", () => {
      counter.durations?.observe(performance.now() - startMs);
      end(counter, code ?? (call.cancelled ? status.CANCELLED : status.OK));
    });
    handler(call);
  };
}

function end({ handled }: CallCounter, code: number): void {
  const name = CODE_NAMES[code] ?? "Unknown";
  handled.set(name, (handled.get(name) ?? 0) + 1);
}

/** As Go's gRPC writes them: `PermissionDenied`. */
const CODE_NAMES: readonly string[] = Object.entries(status)
  .filter((entry): entry is [string, number] => typeof entry[1] === "number")
  .sort(([, a], [, b]) => a - b)
  .map(([name]) =>
    name === "OK" ? name : name.toLowerCase().replace(/(^|_)([a-z])/g, (_, __, letter) => letter.toUpperCase()),
  );
