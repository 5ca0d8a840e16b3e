import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { stringifyJson } from "@drydock/apimachinery";

const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Another server that is asked for JSON. PEM texts; what is absent is not used. */
export interface Endpoint {
  readonly url: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  /** Whose certificate is expected, when it is not the host's. */
  readonly serverName?: string;
  readonly isUnverified?: boolean;
  readonly timeoutMs: number;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined when it is no JSON. */
  readonly body: unknown;
  readonly text: string;
}

/** One request. Fails when there is no answer; what the answer says is the caller's to judge. */
export function exchangeJson(endpoint: Endpoint, body?: object): Promise<JsonAnswer> {
  const sent = body && stringifyJson(body);
  const method = body ? "POST" : "GET";
  const url = new URL(endpoint.url);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      const verb = body ? "Post" : "Get";
      reject(new Error(`${verb} ${JSON.stringify(endpoint.url)}: ${error.message}`, { cause: error }));
    };
    const outgoing = (url.protocol === "http:" ? requestPlain : requestSecure)(url, {
      method,
      agent: false,
      signal: AbortSignal.timeout(endpoint.timeoutMs),
      ...(endpoint.ca && { ca: endpoint.ca }),
      ...(endpoint.cert && endpoint.key && { cert: endpoint.cert, key: endpoint.key }),
      ...(endpoint.serverName && { servername: endpoint.serverName }),
      rejectUnauthorized: endpoint.isUnverified !== true,
      headers: {
        Accept: "application/json",
        ...(endpoint.token && { Authorization: `Bearer ${endpoint.token}` }),
        ...(sent && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(sent) }),
      },
    });
    outgoing.on("error", fail);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_BYTES_MAX) outgoing.destroy(new Error("the response is too large"));
        else chunks.push(chunk);
      });
      response.on("error", fail);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(text), text });
      });
    });
    outgoing.end(sent);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
