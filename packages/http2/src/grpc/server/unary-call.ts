import type { Metadata } from "@grpc/grpc-js";
import { GRPC_PREFIX_OCTETS } from "../../grpc-prefix.ts";
import type { OutgoingHeaders } from "../../hpack/encoder.ts";
import { type PreparedBlock, prepareBlock } from "../../prepared-block.ts";
import { copyOf } from "../../stream.ts";
import { GrpcStatus } from "../grpc-error.ts";
import { ANSWER_HEAD, CallBase, OK_TRAILERS } from "./call-base.ts";
import type { DirectFailure, DirectHandler } from "./methods.ts";

/** A call of one message, answered with one. */
export class UnaryCall extends CallBase {
  request: unknown;
  readonly #handler: DirectHandler;
  /** The body, in as many chunks as it came in. */
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;
  #octets = 0;
  #trailers: PreparedBlock = OK_TRAILERS;

  constructor(handler: DirectHandler, ...base: ConstructorParameters<typeof CallBase>) {
    super(...base);
    this.#handler = handler;
  }

  onData(data: Buffer): void {
    this.#octets += data.length;
    if (this.#octets > this.host.octetsMax + GRPC_PREFIX_OCTETS) this.#refuseSize(this.#first ?? data);
    else if (this.#first === undefined) this.#first = copyOf(data);
    else {
      this.#more ??= [this.#first];
      this.#more.push(copyOf(data));
    }
  }

  onEnd(): void {
    if (this.isOver) return;
    const message = this.#message();
    const decoded = message && this.decode(message);
    if (!decoded) return;
    this.request = decoded.request;
    this.#handler(this, (error, response, trailers) => this.#settle(error, response, trailers));
  }

  /** All of a long answer has gone out. */
  onSent(): void {
    this.stream.endWith(this.#trailers);
  }

  #message(): Buffer | undefined {
    const body = this.#more ? Buffer.concat(this.#more) : this.#first;
    this.#first = undefined;
    this.#more = undefined;
    if (body && body.length >= GRPC_PREFIX_OCTETS && body[0] === 0) {
      if (body.readUInt32BE(1) === body.length - GRPC_PREFIX_OCTETS) return body.subarray(GRPC_PREFIX_OCTETS);
    }
    const isCompressed = body !== undefined && body.length > 0 && body[0] !== 0;
    if (isCompressed)
      this.fail({ code: GrpcStatus.INTERNAL, details: "a message is compressed, which was not agreed on" });
    else this.fail({ code: GrpcStatus.INTERNAL, details: "the request is not exactly one message" });
    return undefined;
  }

  /** `begin`: of the body, which says how long the message is meant to be. */
  #refuseSize(begin: Buffer): void {
    const { octetsMax } = this.host;
    const octets = begin.length < GRPC_PREFIX_OCTETS ? this.#octets - GRPC_PREFIX_OCTETS : begin.readUInt32BE(1);
    const details = `grpc: received message larger than max (${octets} vs. ${octetsMax})`;
    this.fail({ code: GrpcStatus.RESOURCE_EXHAUSTED, details });
  }

  #settle(error: DirectFailure | null, response: unknown, trailers: Metadata | undefined): void {
    if (this.isOver) return;
    if (error) return this.fail(error);
    const message = this.encode(response);
    if (message === undefined) return;
    this.finish();
    const { stream } = this;
    if (trailers)
      this.#trailers = prepareBlock({ ...trailers.toHttp2Headers(), ...OK_TRAILERS.headers } as OutgoingHeaders);
    if (message instanceof Uint8Array && stream.answer(ANSWER_HEAD, message, this.#trailers)) return;
    stream.respondWith(ANSWER_HEAD);
    stream.writeMessage(message);
    if (stream.sendQueue.waiting.length === 0) stream.endWith(this.#trailers);
  }
}
