import { Agent, type RequestOptions, request } from "node:https";
import { isIP } from "node:net";
import { connect } from "node:tls";
import { isRecord, parseExactJson, stringifyJson } from "@drydock/apimachinery";
import type { Registry } from "../registry/registry.ts";
import { goErrorText } from "./go-error-text.ts";
import { genericResponseText } from "./response-text.ts";
import { type DialPod, type Target, targetOf, type WebhookClientConfig } from "./target.ts";
import type { CredentialsOf, WebhookCredentials } from "./webhook-credentials.ts";

const HTTPS_PORT = 443;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Connections are kept for the next review, by host, certificate authority and server name. */
const agent = new Agent({ keepAlive: true });

export interface WebhookCallOptions {
  readonly timeoutSeconds: number;
  /** Of whoever waits for the answer: when it is aborted the call ends with its reason. */
  readonly signal?: AbortSignal;
  /** Who the server is to the webhook; nobody in particular unless said. */
  readonly credentialsOf?: CredentialsOf;
}

/** A webhook that answered, but not with success: the code that it answered with, or that its Status bears. */
export class WebhookResponseError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Asks webhooks. Errors read as those of Go's client: what was posted where, and why it failed. */
export class WebhookClient {
  readonly #registry: Registry;
  readonly #dialPod: DialPod | undefined;

  /** Pods behind Services are reached by `dialPod`, without it at their addresses. */
  constructor(registry: Registry, dialPod?: DialPod) {
    this.#registry = registry;
    this.#dialPod = dialPod;
  }

  /** Posts JSON and reads JSON. */
  async call(
    config: WebhookClientConfig,
    body: object,
    { timeoutSeconds, signal, credentialsOf }: WebhookCallOptions,
  ): Promise<unknown> {
    const target = targetOf(this.#registry, config, timeoutSeconds);
    const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
    const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
    const { hostname, port } = target.url;
    const credentials = credentialsOf?.(`${hostname}:${port || HTTPS_PORT}`) ?? {};
    const options = optionsOf(target, config.caBundle, credentials, this.#dialPod);
    const answer = await post({ ...options, signal: either }, stringifyJson(body)).catch((error: Error) => {
      signal?.throwIfAborted();
      const why = deadline.aborted ? "context deadline exceeded" : goErrorText(error, target);
      throw new Error(`Post ${JSON.stringify(target.url.toString())}: ${why}`);
    });
    return readAnswer(answer);
  }
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
    return parseExactJson(text);
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

type PostOptions = RequestOptions & { readonly signal: AbortSignal };

async function post(options: PostOptions, body: string): Promise<Answer> {
  for (;;) {
    try {
      return await postOnce(options, body);
    } catch (error) {
      // The other end closed an idle connection as we took it up again: nothing was read of the request.
      if (!(error instanceof StaleConnection)) throw error;
    }
  }
}

class StaleConnection extends Error {}

function postOnce(options: PostOptions, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(options, (response) => {
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
    call.setHeader("Content-Length", Buffer.byteLength(body));
    call.end(body);
  });
}

function optionsOf(
  target: Target,
  caBundle: string | undefined,
  { cert, key, authorization }: WebhookCredentials,
  dialPod: DialPod | undefined,
): RequestOptions {
  const { pod, host, port, url } = target;
  const security = {
    // An address is no name: certificates for it are checked by the host alone.
    servername: isIP(target.serverName) === 0 ? target.serverName : "",
    ...(caBundle && { ca: Buffer.from(caBundle, "base64") }),
    ...(cert && { cert }),
    ...(key && { key }),
  };
  const through = pod && dialPod;
  return {
    host,
    port,
    path: `${url.pathname}${url.search}`,
    method: "POST",
    ...security,
    headers: {
      Host: url.host,
      "User-Agent": "kube-apiserver-admission",
      "Content-Type": "application/json",
      Accept: "application/json, */*",
      ...(authorization && { Authorization: authorization }),
    },
    ...(through ? { createConnection: () => connect({ ...security, socket: through(pod, port) }) } : { agent }),
  };
}
