/** A request of a client that speaks HTTP and not gRPC, whichever version of HTTP carried it. */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** As the client sent it, with its query; begins with a slash. */
  readonly target: string;
  /** Names in lower case; values of a repeated header are joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** The subject's common name of the client's verified certificate; undefined without one. */
  readonly commonName: string | undefined;
  /** Whether it came over TLS. */
  readonly isSecure: boolean;
  /** The body as it arrives. May be read once; a handler that answers without reading it is fine. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted when the client is gone before the answer was complete. */
  readonly signal: AbortSignal;
}

/** Where the answer goes. `begin` once, then any number of `write`, then `end`. Calls after the client has gone do nothing. */
export interface HttpResponse {
  begin(status: number, headers: Readonly<Record<string, string | number>>): void;
  /** False when much is waiting to be sent: await `drained` before more. */
  write(chunk: string | Uint8Array): boolean;
  drained(): Promise<void>;
  end(chunk?: string | Uint8Array): void;
}

/** Serves one exchange. A rejection is answered with 500 if nothing was begun, and ends the connection otherwise. */
export type HttpHandler = (request: HttpRequest, response: HttpResponse) => Promise<void>;
