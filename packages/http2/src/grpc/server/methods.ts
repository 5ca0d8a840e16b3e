import type { EventEmitter } from "node:events";
import type { Metadata } from "@grpc/grpc-js";
import type { OctetSource } from "../../pieces.ts";

/** A method as grpc-js and ts-proto define it. */
export interface DirectMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestDeserialize(octets: Buffer): unknown;
  responseSerialize(response: never): Buffer;
  /** A response in pieces, or to be put together while it is sent; undefined leaves it to `responseSerialize`. */
  responsePieces?(response: never): readonly Uint8Array[] | OctetSource | undefined;
}

/** What a call ends with, unless it ends well; as grpc-js has it. */
export interface DirectFailure {
  readonly code?: number;
  readonly details?: string;
  readonly message?: string;
  /** Goes with the trailers. */
  readonly metadata?: Metadata;
}

export type DirectCallback = (error: DirectFailure | null, response?: unknown, trailers?: Metadata) => void;

/** As grpc-js's handlers are, with as much of its calls as stands here. */
export type DirectHandler = (call: DirectCall, callback: DirectCallback) => void;

/** Emits `cancelled` when the client has given up or its deadline has passed. */
export interface DirectCall extends EventEmitter {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  /** One field of the metadata, as text, without the rest being looked at. */
  header(name: string): string | undefined;
  getAuthContext(): { readonly transportSecurityType?: string; readonly sslPeerCertificate?: object };
}
