import type { Duplex } from "node:stream";
import type { V1EndpointSlice, V1Service } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";

/** Where a webhook is: what all kinds that name one say of it. */
export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: ServiceReference;
  /** PEM, in base64. */
  readonly caBundle?: string;
}

interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly path?: string;
  readonly port?: number;
}

/** A pod that stands behind a Service. */
export interface PodReference {
  readonly namespace: string;
  readonly name: string;
}

/** Opens a connection to a port of a pod, where the server cannot do so itself. */
export type DialPod = (pod: PodReference, port: number) => Duplex;

export interface Target {
  /** What is posted to, as errors name it. */
  readonly url: URL;
  /** Whose certificate is expected. */
  readonly serverName: string;
  readonly host: string;
  readonly port: number;
  /** Whose port that is, if it is a pod's. */
  readonly pod?: PodReference | undefined;
}

type Address = Pick<Target, "host" | "port" | "pod">;

const HTTPS_PORT = 443;

export function targetOf(registry: Registry, { url, service }: WebhookClientConfig, timeoutSeconds: number): Target {
  const timeout = `${timeoutSeconds}s`;
  if (!service) {
    const parsed = new URL(url ?? "");
    parsed.searchParams.set("timeout", timeout);
    const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
    return { url: parsed, serverName: host, host, port: Number(parsed.port || HTTPS_PORT) };
  }
  const serverName = `${service.name}.${service.namespace}.svc`;
  const port = service.port ?? HTTPS_PORT;
  const path = service.path?.startsWith("/") ? service.path : `/${service.path ?? ""}`;
  const parsed = new URL(`https://${serverName}:${port}${path}?timeout=${timeout}`);
  return { url: parsed, serverName, ...addressOf(registry, service.namespace, service.name, port) };
}

/** A ready endpoint of the Service, or its own address when it has none that we know of. */
function addressOf(registry: Registry, namespace: string, name: string, port: number): Address {
  const store = registry.require("", "v1", "services");
  const service = registry.cached<V1Service>(store, namespace, name);
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
  if (service.spec?.type === "ExternalName") return { host: service.spec.externalName ?? "", port };
  const wanted = service.spec?.ports?.find((candidate) => candidate.port === port);
  if (!wanted) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const slices = registry.require("discovery.k8s.io", "v1", "endpointslices");
  for (const stored of slices.cache.scan(`${slices.cache.prefix}${namespace}/`)) {
    const slice = stored.object as V1EndpointSlice;
    if (slice.metadata.labels?.["kubernetes.io/service-name"] !== name) continue;
    const endpoint = slice.endpoints?.find(({ conditions }) => conditions?.ready !== false);
    const address = endpoint?.addresses[0];
    const own = slice.ports?.find((candidate) => (candidate.name ?? "") === (wanted.name ?? ""))?.port;
    const { kind, name: podName = "" } = endpoint?.targetRef ?? {};
    const pod = kind === "Pod" ? { namespace, name: podName } : undefined;
    if (address && own) return { host: address, port: own, pod };
  }
  const host = service.spec?.clusterIP;
  if (!host || host === "None") throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
  return { host, port };
}
