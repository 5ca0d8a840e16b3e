import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import { stringifyJson } from "@drydock/apimachinery";

/** One request to the kubelet, by HTTP/1.1 or HTTP/2, and its answer. */
export interface NodeExchange {
  readonly request: IncomingMessage | Http2ServerRequest;
  readonly response: ServerResponse | Http2ServerResponse;
  /** The bare connection, for who asked to speak something else on it. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | undefined;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborted when the client has gone, or has its answer. */
  readonly signal: AbortSignal;
}

export type NodeHandler = (
  exchange: NodeExchange,
  parameters: Readonly<Record<string, string>>,
) => void | Promise<void>;

/** A failure as its plain text; what else is thrown is answered with 500. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function answerText(
  { response }: NodeExchange,
  code: number,
  text: string,
  type = "text/plain; charset=utf-8",
): void {
  response.statusCode = code;
  response.setHeader("Content-Type", type);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.end(text);
}

export function answerJson({ response }: NodeExchange, value: unknown): void {
  response.statusCode = 200;
  response.setHeader("Content-Type", "application/json");
  response.end(stringifyJson(value));
}
