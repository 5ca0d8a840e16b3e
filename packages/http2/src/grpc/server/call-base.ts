import type { IncomingHttpHeaders } from "node:http2";
import { TLSSocket } from "node:tls";
import { Metadata } from "@grpc/grpc-js";
import type { Http2Stream } from "../../connection.ts";
import { ErrorCode } from "../../error-code.ts";
import type { OutgoingHeaders } from "../../hpack/encoder.ts";
import { LateEmitter } from "../../late-emitter.ts";
import type { Message } from "../../pieces.ts";
import { type PreparedBlock, prepareBlock } from "../../prepared-block.ts";
import type { RequestHeaders } from "../../request-head.ts";
import type { StreamSink } from "../../stream.ts";
import { GrpcStatus } from "../grpc-error.ts";
import type { DirectCall, DirectFailure, DirectMethod } from "./methods.ts";

export const ANSWER_HEAD: PreparedBlock = prepareBlock({ ":status": 200, "content-type": "application/grpc+proto" });
export const OK_TRAILERS: PreparedBlock = prepareBlock({ "grpc-status": "0", "grpc-message": "" });

export interface CallHost {
  /** Of one request message. */
  readonly octetsMax: number;
  onEnd(call: CallBase): void;
}

/** What calls of one message and of many have in common: who makes it, and how it ends. */
export abstract class CallBase extends LateEmitter implements DirectCall, StreamSink {
  readonly stream: Http2Stream;
  readonly method: DirectMethod;
  readonly host: CallHost;
  readonly #headers: RequestHeaders;
  #metadata: Metadata | undefined;
  cancelled = false;
  /** Its host's name for it, if it has a deadline. */
  id = 0;
  /** In ms since the epoch; 0 when the client has set none. */
  deadlineMs = 0;
  /** The status was sent, or never will be. */
  isOver = false;

  constructor(stream: Http2Stream, headers: RequestHeaders, method: DirectMethod, host: CallHost) {
    super();
    this.stream = stream;
    this.method = method;
    this.host = host;
    this.#headers = headers;
  }

  get metadata(): Metadata {
    this.#metadata ??= Metadata.fromHttp2Headers(this.#headers as IncomingHttpHeaders);
    return this.#metadata;
  }

  header(name: string): string | undefined {
    return this.#headers[name]?.toString();
  }

  /** The client's certificate, where it has shown one that was verified. */
  getAuthContext(): ReturnType<DirectCall["getAuthContext"]> {
    const { socket } = this.stream.session;
    if (!(socket instanceof TLSSocket) || !socket.authorized) return {};
    const certificate = socket.getPeerCertificate();
    return { transportSecurityType: "ssl", ...(certificate.raw ? { sslPeerCertificate: certificate } : {}) };
  }

  abstract onData(data: Buffer): void;
  abstract onEnd(): void;
  abstract onSent(): void;

  onClose(isAborted: boolean): void {
    if (!this.isOver) this.host.onEnd(this);
    this.isOver = true;
    if (isAborted) this.cancel();
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.emit("cancelled", "cancelled");
  }

  /** The deadline has passed: the client no longer waits, whatever comes of it. */
  expire(): void {
    if (this.isOver) return;
    this.fail({ code: GrpcStatus.DEADLINE_EXCEEDED, details: "Deadline exceeded" });
    this.cancel();
  }

  /** The head of the answer, before the first message is there. */
  sendMetadata(metadata: Metadata): void {
    if (!this.isOver) this.stream.respond({ ...ANSWER_HEAD.headers, ...metadata.toHttp2Headers() } as OutgoingHeaders);
  }

  fail({ code = GrpcStatus.UNKNOWN, details, message = "", metadata }: DirectFailure): void {
    if (this.isOver) return;
    this.finish();
    const status = { "grpc-status": String(code), "grpc-message": encodeText(details ?? message) };
    const headers = { ...metadata?.toHttp2Headers(), ...status } as OutgoingHeaders;
    // What still waits to be sent would come after the status.
    if (this.stream.headersSent && this.stream.sendQueue.waiting.length > 0)
      this.stream.close(ErrorCode.INTERNAL_ERROR);
    else if (this.stream.headersSent) this.stream.sendTrailers(headers);
    else this.stream.respond({ ...ANSWER_HEAD.headers, ...headers }, { endStream: true });
  }

  protected finish(): void {
    this.isOver = true;
    this.host.onEnd(this);
  }

  /** Undefined, and the call has failed, when the octets are no request. */
  protected decode(octets: Buffer): { readonly request: unknown } | undefined {
    try {
      return { request: this.method.requestDeserialize(octets) };
    } catch (error) {
      this.fail({ code: GrpcStatus.INTERNAL, details: `Error deserializing request: ${(error as Error).message}` });
      return undefined;
    }
  }

  /** Undefined, and the call has failed, when the response cannot be written. */
  protected encode(response: unknown): Message | undefined {
    try {
      return this.method.responsePieces?.(response as never) ?? this.method.responseSerialize(response as never);
    } catch (error) {
      this.fail({ code: GrpcStatus.INTERNAL, details: `Error serializing response: ${(error as Error).message}` });
      return undefined;
    }
  }
}

/** gRPC over HTTP/2, "Status-Message": UTF-8, all but printable ASCII and the percent sign itself percent-coded. */
function encodeText(text: string): string {
  if (/^[ -$&-~]*$/.test(text)) return text;
  let coded = "";
  for (const octet of Buffer.from(text)) {
    const isPlain = octet >= 0x20 && octet <= 0x7e && octet !== 0x25;
    coded += isPlain ? String.fromCharCode(octet) : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return coded;
}
