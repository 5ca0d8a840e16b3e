import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Agent, type RequestOptions, request } from "node:https";
import { connect } from "node:tls";
import type { V1APIService, V1EndpointSlice, V1Service } from "@drydock/kube-api";
import type { UserInfo } from "../authentication/user-info.ts";
import type { Registry } from "../registry/registry.ts";
import { goErrorText } from "../webhook-client/go-error-text.ts";
import type { DialPod } from "../webhook-client/target.ts";
import { type Address, resolveService } from "./check-service.ts";
import { frontProxyHeaders } from "./front-proxy-headers.ts";

/** For what the server asks on its own account. */
const aggregatorUser: UserInfo = { name: "system:kube-aggregator", groups: ["system:masters"] };
const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** What the server shows to those behind it. */
export interface ClientPair {
  readonly cert: string;
  readonly key: string;
}

export interface RemoteAnswer {
  readonly code: number;
  readonly contentType: string;
  readonly etag: string;
  readonly body: Buffer;
}

interface Options {
  readonly toEndpoints: boolean;
  readonly clientPair: () => ClientPair | undefined;
  /** How pods are reached where their addresses are not. */
  readonly dialPod: DialPod | undefined;
}

interface ConnectionOptions {
  /** The connection may have served before and serve again. */
  readonly isShared: boolean;
  /** Whose certificate is shown does not matter. */
  readonly isProbe: boolean;
}

/** How the servers behind APIServices are reached. */
export class RemoteConnections {
  readonly #registry: Registry;
  readonly #options: Options;
  readonly #agent = new Agent({ keepAlive: true, timeout: 60_000 });

  constructor(registry: Registry, options: Options) {
    this.#registry = registry;
    this.#options = options;
  }

  close(): void {
    this.#agent.destroy();
  }

  serviceOf({ spec }: V1APIService): V1Service | undefined {
    const { namespace = "", name = "" } = spec?.service ?? {};
    return this.#registry.cached<V1Service>(this.#registry.require("", "v1", "services"), namespace, name);
  }

  slicesOf({ spec }: V1APIService): V1EndpointSlice[] {
    const { namespace = "", name = "" } = spec?.service ?? {};
    const { cache } = this.#registry.require("discovery.k8s.io", "v1", "endpointslices");
    return [...cache.scan(`${cache.prefix}${namespace}/`)]
      .map(({ object }) => object as V1EndpointSlice)
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
  }

  /** Throws when the Service leads nowhere. */
  addressOf(apiService: V1APIService): Address {
    const { toEndpoints } = this.#options;
    const random = (below: number) => this.#registry.ports.prng.integer(below);
    const reference = apiService.spec?.service ?? {};
    return resolveService(reference, this.serviceOf(apiService), this.slicesOf(apiService), { toEndpoints, random });
  }

  /** How a request to it is made; the certificate it shows must be of the Service's name. */
  requestOptions(
    { spec }: V1APIService,
    { host, port, pod }: Address,
    user: UserInfo,
    { isShared, isProbe }: ConnectionOptions,
  ): RequestOptions {
    const { namespace = "", name = "" } = spec?.service ?? {};
    const security = {
      servername: `${name}.${namespace}.svc`,
      ...this.#options.clientPair(),
      ...(spec?.caBundle && { ca: Buffer.from(spec.caBundle, "base64") }),
      rejectUnauthorized: !isProbe && !spec?.insecureSkipTLSVerify,
    };
    const { dialPod } = this.#options;
    const way =
      pod && dialPod
        ? { createConnection: () => connect({ ...security, socket: dialPod(pod, port) }) }
        : { agent: isShared && this.#agent };
    return { host, port, ...security, ...way, headers: frontProxyHeaders(user) };
  }

  /** Asks as somebody else, and reads the whole answer. */
  async ask(
    apiService: V1APIService,
    { body, ...sent }: RemoteRequest & { readonly signal: AbortSignal },
    user: UserInfo,
  ): Promise<RemoteAnswer> {
    return collect(this.#optionsFor(apiService, sent, user), body);
  }

  /** The same, for an answer that may be long in coming. */
  async open(
    apiService: V1APIService,
    { body, ...sent }: RemoteRequest & { readonly signal: AbortSignal },
    user: UserInfo,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      request(this.#optionsFor(apiService, sent, user), resolve)
        .on("error", reject)
        .end(body);
    });
  }

  #optionsFor(apiService: V1APIService, sent: RequestOptions, user: UserInfo): RequestOptions {
    const ways = { isShared: false, isProbe: false };
    const options = this.requestOptions(apiService, this.addressOf(apiService), user, ways);
    const headers = { ...(options.headers as OutgoingHttpHeaders), ...(sent.headers as OutgoingHttpHeaders) };
    return { ...options, ...sent, headers };
  }

  /** Asks as the aggregator. `isProbe` does not care whose certificate is shown. Errors read as upstream's. */
  async get(
    apiService: V1APIService,
    path: string,
    { headers = {}, timeoutMs, isProbe = false, address = this.addressOf(apiService) }: RemoteGet,
  ): Promise<RemoteAnswer> {
    const options = this.requestOptions(apiService, address, aggregatorUser, { isShared: false, isProbe });
    const { servername = "" } = options;
    const sent = {
      ...options,
      path,
      headers: { ...options.headers, ...headers },
      signal: AbortSignal.timeout(timeoutMs),
    };
    return collect(sent, "").catch((error: Error) => {
      const isLate = error.name === "TimeoutError" || error.name === "AbortError";
      const why = isLate
        ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        : goErrorText(error, { ...address, serverName: servername });
      throw new Error(`Get ${JSON.stringify(`https://${address.host}:${address.port}${path}`)}: ${why}`, {
        cause: error,
      });
    });
  }
}

/** What a component asks of another server. */
export interface RemoteRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** Empty for none. */
  readonly body: string;
}

interface RemoteGet {
  readonly headers?: OutgoingHttpHeaders;
  readonly timeoutMs: number;
  readonly isProbe?: boolean;
  /** Where it is known already. */
  readonly address?: Address;
}

function collect(options: RequestOptions, body: string): Promise<RemoteAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on("data", (part: Buffer) => {
        size += part.length;
        if (size > BODY_BYTES_MAX) outgoing.destroy(new Error("http: request body too large"));
        parts.push(part);
      });
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          code: answer.statusCode ?? 0,
          contentType: answer.headers["content-type"] ?? "",
          etag: answer.headers.etag ?? "",
          body: Buffer.concat(parts),
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
