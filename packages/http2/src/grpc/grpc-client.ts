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

const MESSAGE_OCTETS_MAX = 1 << 30;

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
          else decodeWith(responseDeserialize, answer).then(resolve, reject);
        },
      });
      call.write(requestSerialize(request), true);
    });
  }

  /** Messages both ways until either side ends it. */
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

async function decodeWith<Response>(decode: (octets: Buffer) => Response, octets: Buffer): Promise<Response> {
  try {
    return decode(octets);
  } catch (cause) {
    throw new GrpcError(GrpcStatus.INTERNAL, "the answer cannot be decoded", { cause });
  }
}
