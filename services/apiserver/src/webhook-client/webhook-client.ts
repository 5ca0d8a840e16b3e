import { Agent, type RequestOptions, request } from "node:https";
import { isIP } from "node:net";
import { isRecord } from "@drydock/apimachinery";
import type { Registry } from "../registry/registry.ts";
import { goErrorText } from "./go-error-text.ts";
import { genericResponseText } from "./response-text.ts";
import { type Target, targetOf, type WebhookClientConfig } from "./target.ts";

const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Connections are kept for the next review, by host, certificate authority and server name. */
const agent = new Agent({ keepAlive: true });

export interface WebhookCallOptions {
  readonly timeoutSeconds: number;
  /** Of whoever waits for the answer: when it is aborted the call ends with its reason. */
  readonly signal?: AbortSignal;
}

/** A webhook that answered, but not with success: the code that it answered with, or that its Status bears. */
export class WebhookResponseError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Posts JSON to a webhook and reads JSON. Errors read as those of Go's client: what was posted where, and why it failed. */
export async function callWebhook(
  registry: Registry,
  config: WebhookClientConfig,
  body: object,
  { timeoutSeconds, signal }: WebhookCallOptions,
): Promise<unknown> {
  const target = targetOf(registry, config, timeoutSeconds);
  const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
  const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
  const text = JSON.stringify(body);
  const answer = await post(target, config.caBundle, text, either).catch((error: Error) => {
    signal?.throwIfAborted();
    const why = deadline.aborted ? "context deadline exceeded" : goErrorText(error, target);
    throw new Error(`Post ${JSON.stringify(target.url.toString())}: ${why}`);
  });
  return readAnswer(answer);
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

function readAnswer({ status, contentType, text }: Answer): unknown {
  const parsed = parse(text);
  if (status >= 200 && status < 300) {
    if (parsed !== undefined) return parsed;
    throw new Error(`couldn't get version/kind; json parse error: ${parseError(text)}`);
  }
  if (isRecord(parsed) && parsed["kind"] === "Status" && typeof parsed["message"] === "string")
    throw new WebhookResponseError(Number(parsed["code"]) || status, parsed["message"]);
  const isText = contentType === "" || contentType.startsWith("text/");
  throw new WebhookResponseError(status, genericResponseText(status, isText ? text.trim() : "unknown"));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseError(text: string): string {
  const first = text.trimStart()[0];
  return first === undefined
    ? "unexpected end of JSON input"
    : `invalid character '${first}' looking for beginning of value`;
}

async function post(target: Target, caBundle: string | undefined, body: string, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    try {
      return await postOnce(target, caBundle, body, signal);
    } catch (error) {
      // The other end closed an idle connection as we took it up again: nothing was read of the request.
      if (!(error instanceof StaleConnection)) throw error;
    }
  }
}

class StaleConnection extends Error {}

function postOnce(target: Target, caBundle: string | undefined, body: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(optionsOf(target, caBundle, body, signal), (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_BYTES_MAX) call.destroy(new Error("the response is too large"));
        chunks.push(chunk);
      });
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers["content-type"] ?? "",
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
      response.on("error", reject);
    });
    call.on("error", (error: NodeJS.ErrnoException) =>
      reject(call.reusedSocket && error.code === "ECONNRESET" ? new StaleConnection() : error),
    );
    call.end(body);
  });
}

function optionsOf(
  target: Target,
  caBundle: string | undefined,
  body: string,
  signal: AbortSignal,
): RequestOptions & { signal: AbortSignal } {
  return {
    host: target.host,
    port: target.port,
    path: `${target.url.pathname}${target.url.search}`,
    method: "POST",
    // An address is no name: certificates for it are checked by the host alone.
    servername: isIP(target.serverName) === 0 ? target.serverName : "",
    ...(caBundle && { ca: Buffer.from(caBundle, "base64") }),
    headers: {
      Host: target.url.host,
      "User-Agent": "kube-apiserver-admission",
      "Content-Type": "application/json",
      Accept: "application/json, */*",
      "Content-Length": Buffer.byteLength(body),
    },
    agent,
    signal,
  };
}
