import type { OutgoingHttpHeaders } from "node:http";
import {
  type KubeObject,
  parseExactJson,
  type Status,
  StatusError,
  serviceUnavailable,
  stringifyJson,
} from "@drydock/apimachinery";
import type { V1APIService } from "@drydock/kube-api";
import type { Call as WireCall } from "@drydock/proto/drydock/api/v1/api";
import type { UserInfo } from "../authentication/user-info.ts";
import { comparePriority } from "../discovery/served-groups.ts";
import type { RawOptions } from "../registry/call-options.ts";
import type { Outcome } from "../verbs/outcome.ts";
import type { RemoteConnections, RemoteRequest } from "./remote-connections.ts";
import type { RemoteServices } from "./remote-services.ts";
import { watchLines } from "./watch-lines.ts";

/** A call of a component for what another server has. */
export interface RemoteCall {
  readonly wire: WireCall;
  readonly options: RawOptions;
  readonly body: unknown;
  readonly user: UserInfo;
  readonly signal: AbortSignal;
}

/** Events of another server's watch, as they come. */
export interface RelayedWatch {
  readonly kind: "relay";
  start(to: { event(type: string, object: object): void; error(status: Status): void; end(): void }): void;
}

const METHODS: Readonly<Record<string, string>> = {
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETE",
};
const READS: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const CALL_TIMEOUT_MS = 30_000;

/** Who asks on behalf of all kinds, not of one, needs no more than this; a server that cannot leave the rest away sends whole objects. */
const METADATA = "g=meta.k8s.io;v=v1";
const acceptOf = (verb: string) => {
  const kind = verb === "list" ? "PartialObjectMetadataList" : "PartialObjectMetadata";
  return READS.has(verb) ? `application/json;as=${kind};${METADATA},application/json` : "application/json";
};

/**
 * What components ask of kinds that other servers have, passed on to them as the component's user: collecting garbage and emptying
 * namespaces know no borders between servers. Of what is read, metadata is all that is asked for.
 */
export class RemoteCalls {
  readonly #services: RemoteServices;
  readonly #connections: RemoteConnections;

  constructor(services: RemoteServices, connections: RemoteConnections) {
    this.#services = services;
    this.#connections = connections;
  }

  /** Whether a call is for another server, or asks what others have. */
  handles({ group, version, resource, subresource }: WireCall): boolean {
    return isDiscovery(group, resource) || (subresource === "" && this.#find(group, version) !== undefined);
  }

  /** Rejects with the other server's own Status, or 503 when there is no answer. */
  async run(call: RemoteCall): Promise<Outcome | RelayedWatch> {
    const { group, version, resource, verb } = call.wire;
    if (isDiscovery(group, resource)) return { kind: "plain", code: 200, object: this.#discovery() };
    const apiService = this.#find(group, version);
    if (!apiService) throw serviceUnavailable("service unavailable");
    const request = requestOf(call);
    if (verb === "watch") return this.#watch(apiService, request, call);
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
    const answer = await this.#connections
      .ask(apiService, { ...request, signal }, call.user)
      .catch((error: Error) => this.#unreachable(apiService, error));
    const object = parse(answer.body);
    if (answer.code >= 300) throw statusError(answer.code, object);
    return { kind: "plain", code: answer.code, object };
  }

  /** Whether the server is there at all is looked at anew. */
  #unreachable({ metadata }: V1APIService, error: Error): never {
    this.#services.look(metadata.name);
    throw serviceUnavailable(`error trying to reach service: ${error.message}`);
  }

  #find(group: string, version: string): V1APIService | undefined {
    return this.#services.find(`/apis/${group}/${version}`);
  }

  /** Of each group-version that others have, the preferred first: what is in it, or that this is not known now. */
  #discovery(): object {
    const groups = [...this.#services.groups()].sort(comparePriority);
    const items = groups.map(({ name, version, freshness, resources }) => ({
      metadata: { name },
      versions: [{ version, freshness, resources }],
    }));
    return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
  }

  async #watch(apiService: V1APIService, request: RemoteRequest, { user, signal }: RemoteCall): Promise<RelayedWatch> {
    const answer = await this.#connections
      .open(apiService, { ...request, signal }, user)
      .catch((error: Error) => this.#unreachable(apiService, error));
    const code = answer.statusCode ?? 502;
    if (code >= 300) throw statusError(code, parse(Buffer.concat(await answer.toArray())));
    return { kind: "relay", start: (to) => void watchLines(answer, to) };
  }
}

function isDiscovery(group: string, resource: string): boolean {
  return group === "apidiscovery.k8s.io" && resource === "apigroupdiscoveries";
}

function requestOf({ wire, options, body }: RemoteCall): RemoteRequest {
  const { verb, group, version, namespace, resource, name, patchType } = wire;
  const path = ["", "apis", group, version, ...(namespace === "" ? [] : ["namespaces", namespace]), resource, name];
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(options))
    if (value !== undefined && value !== "") query.set(key, String(value));
  if (verb === "watch") query.set("watch", "true");
  const search = query.size > 0 ? `?${query}` : "";
  const text = body === undefined ? "" : stringifyJson(isDeletion(verb) ? deleteOptions(body as object) : body);
  const headers: OutgoingHttpHeaders = {
    Accept: acceptOf(verb),
    ...(text !== "" && { "Content-Type": patchType || "application/json", "Content-Length": Buffer.byteLength(text) }),
  };
  const encoded = path.filter((part, index) => index === 0 || part !== "").map(encodeURIComponent);
  return { method: METHODS[verb] ?? "GET", path: encoded.join("/") + search, headers, body: text };
}

function isDeletion(verb: string): boolean {
  return verb === "delete" || verb === "deletecollection";
}

function deleteOptions(options: object): object {
  return { kind: "DeleteOptions", apiVersion: "v1", ...options };
}

function parse(body: Buffer): KubeObject {
  try {
    return parseExactJson(body.toString()) as KubeObject;
  } catch {
    return {} as KubeObject;
  }
}

function statusError(code: number, object: KubeObject): StatusError {
  if (object.kind === "Status") return new StatusError({ ...(object as unknown as Status), code });
  const message = `the server answered ${code}`;
  return new StatusError({ apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", code, message });
}
