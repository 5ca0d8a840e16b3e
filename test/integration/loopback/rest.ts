import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type Agent, request } from "node:https";
import type { Connection } from "@drydock/pki";

/** The parts of a metav1.Status that tests look at. */
export interface StatusBody {
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { field?: string; reason?: string; message?: string }[] };
  readonly [field: string]: unknown;
}

export interface RestAnswer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The body as JSON; an empty object when it is none. */
  readonly json: StatusBody;
}

export interface RestRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | Buffer | object;
  readonly contentType?: string;
  /** Keeps connections; without one, each request has its own. */
  readonly agent?: Agent;
}

/** Whom to ask and as whom; without a certificate, as nobody. */
export type RestPeer = Pick<Connection, "server" | "caPem"> & Partial<Connection>;

/** One HTTPS request, and all of its answer. */
export async function rest(
  peer: RestPeer,
  method: string,
  path: string,
  options: RestRequest = {},
): Promise<RestAnswer> {
  const body =
    options.body === undefined || typeof options.body === "string" || Buffer.isBuffer(options.body)
      ? options.body
      : JSON.stringify(options.body);
  const outgoing = request(new URL(path, peer.server), {
    method,
    ca: peer.caPem,
    ...(peer.certPem !== undefined && { cert: peer.certPem, key: peer.keyPem }),
    agent: options.agent ?? false,
    headers: {
      Accept: "application/json",
      ...(body !== undefined && { "Content-Type": options.contentType ?? "application/json" }),
      ...(body !== undefined && { "Content-Length": String(Buffer.byteLength(body)) }),
      ...options.headers,
    },
  });
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
  outgoing.end(body);
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { code: response.statusCode ?? 0, headers: response.headers, bytes, json: parsed(bytes) };
}

function parsed(bytes: Buffer): StatusBody {
  try {
    return JSON.parse(bytes.toString("utf8")) as StatusBody;
  } catch {
    return {};
  }
}
