import type { ClientConnection } from "../client/client-connection.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import { type CallEvents, type CallOptions, GrpcCall } from "./grpc-call.ts";
import { GrpcError, type GrpcMetadata, GrpcStatus } from "./grpc-error.ts";

/** What is needed of a method's generated definition. */
export interface GrpcMethod<Request, Response> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requestSerialize: (request: Request) => Uint8Array;
  readonly responseDeserialize: (octets: Buffer) => Response;
}

export interface GrpcClientOptions {
  /** `host:port`, as the server knows itself. */
  readonly authority: string;
  /** Goes with every call, names in lower case. */
  readonly metadata?: GrpcMetadata;
  /** Of one message that is received; 1 GiB by default. */
  readonly messageOctetsMax?: number;
}

export interface GrpcStreamEvents<Response> {
  onMessage(response: Response): void;
  /** Once, always, last; without an error when the status is OK. */
  onEnd(error: GrpcError | undefined): void;
}

export interface GrpcStream<Request> {
  write(request: Request): void;
  /** The server is held back once its window is full; what has arrived in one piece still comes. */
  pause(): void;
  resume(): void;
  cancel(): void;
}

const MESSAGE_OCTETS_MAX = 1 << 30;
const UNDECODABLE = "a message cannot be decoded";

/** gRPC's calls over one connection. When that is gone so is the client: reconnecting is the caller's. */
export class GrpcClient {
  readonly connection: ClientConnection;
  readonly #options: GrpcClientOptions;
  readonly #metadata: readonly HeaderField[];

  constructor(connection: ClientConnection, options: GrpcClientOptions) {
    this.connection = connection;
    this.#options = options;
    this.#metadata = Object.entries(options.metadata ?? {});
  }

  /** Rejects with GrpcError. */
  unary<Request, Response>(
    { path, requestSerialize, responseDeserialize }: GrpcMethod<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      let answer: Buffer | undefined;
      let count = 0;
      const call = this.call(path, options, {
        onMessage(message) {
          answer = message;
          count++;
        },
        onEnd(error) {
          if (error) reject(error);
          else if (!answer || count > 1)
            reject(new GrpcError(GrpcStatus.INTERNAL, `${count} messages came where one is due`));
          else {
            const decoded = tryDecode(responseDeserialize, answer);
            if ("response" in decoded) resolve(decoded.response);
            else reject(new GrpcError(GrpcStatus.INTERNAL, UNDECODABLE, decoded));
          }
        },
      });
      call.write(requestSerialize(request), true);
    });
  }

  /** Messages both ways until either side ends it; one that cannot be decoded ends it with INTERNAL. */
  stream<Request, Response>(
    { path, requestSerialize, responseDeserialize }: GrpcMethod<Request, Response>,
    options: CallOptions,
    { onMessage, onEnd }: GrpcStreamEvents<Response>,
  ): GrpcStream<Request> {
    const call = this.call(path, options, {
      onMessage(octets) {
        const decoded = tryDecode(responseDeserialize, octets);
        if ("response" in decoded) onMessage(decoded.response);
        else call.cancel(GrpcStatus.INTERNAL, UNDECODABLE);
      },
      onEnd,
    });
    return {
      write: (request) => call.write(requestSerialize(request)),
      pause: () => call.pause(),
      resume: () => call.resume(),
      cancel: () => call.cancel(),
    };
  }

  /** As `stream`, in octets. */
  call(path: string, options: CallOptions, events: CallEvents): GrpcCall {
    const octetsMax = this.#options.messageOctetsMax ?? MESSAGE_OCTETS_MAX;
    return new GrpcCall(this.connection, this.#fields(path, options), options, events, octetsMax);
  }

  #fields(path: string, { metadata, timeoutMs }: CallOptions): HeaderField[] {
    const fields: HeaderField[] = [
      [":method", "POST"],
      [":scheme", this.connection.isEncrypted ? "https" : "http"],
      [":path", path],
      [":authority", this.#options.authority],
      ["te", "trailers"],
      ["content-type", "application/grpc"],
      ["user-agent", "grpc-drydock"],
    ];
    if (timeoutMs !== undefined) fields.push(["grpc-timeout", timeoutText(timeoutMs)]);
    fields.push(...this.#metadata);
    for (const name in metadata) fields.push([name, metadata[name] as string]);
    return fields;
  }
}

/** At most eight digits (gRPC over HTTP/2, "Timeout"). */
function timeoutText(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  return whole < 1e8 ? `${whole}m` : `${Math.min(Math.ceil(whole / 1000), 99_999_999)}S`;
}

function tryDecode<Response>(
  decode: (octets: Buffer) => Response,
  octets: Buffer,
): { readonly response: Response } | { readonly cause: unknown } {
  try {
    return { response: decode(octets) };
  } catch (cause) {
    return { cause };
  }
}
