import { badRequest, notFound, type StatusError, serviceUnavailable } from "@drydock/apimachinery";
import type { V1EndpointAddress, V1EndpointSubset, V1Endpoints, V1Node, V1Pod, V1Service } from "@drydock/kube-api";
import type { RequestInfo } from "../../http/request-info.ts";
import type { Registry } from "../../registry/registry.ts";
import type { PodReference } from "../../webhook-client/target.ts";
import { noAddress } from "../node-clients.ts";
import { isGlobalUnicast } from "./global-unicast.ts";
import { parseSchemeNamePort, type SchemeNamePort } from "./scheme-name-port.ts";

/** Where a proxied request goes. */
export interface ProxyTarget {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** Whose port that is, if it is a pod's. */
  readonly pod?: PodReference;
  /** The node of the kubelet whose port that is. */
  readonly kubeletOf?: string;
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const KUBELET_PORT = 10250;

/** The target of a request to pods/proxy, services/proxy or nodes/proxy. Throws a StatusError in upstream's words when there is none. */
export function proxyTarget(registry: Registry, { resource, namespace, name }: RequestInfo): ProxyTarget {
  const wanted = parseSchemeNamePort(name);
  if (!wanted) throw badRequest(`invalid ${resource.replace(/s$/, "")} request ${JSON.stringify(name)}`);
  if (resource === "pods") return podTarget(registry, namespace, wanted);
  if (resource === "services") return serviceTarget(registry, namespace, name, wanted);
  return nodeTarget(registry, wanted);
}

function podTarget(registry: Registry, namespace: string, { scheme, name, port }: SchemeNamePort): ProxyTarget {
  const pod = registry.cached<V1Pod>(registry.require("", "v1", "pods"), namespace, name);
  if (!pod) throw notFound({ group: "", resource: "pods" }, name);
  const host = pod.status?.podIPs?.[0]?.ip ?? "";
  if (!isGlobalUnicast(host)) throw addressNotAllowed();
  const first = pod.spec?.containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort;
  const number = port === "" ? (first ?? DEFAULT_PORTS[scheme]) : portNumber(port);
  return { scheme, host, port: number, pod: { namespace, name } };
}

/** By the Endpoints of the Service's name, which need no Service unless a port is given by number. */
function serviceTarget(registry: Registry, namespace: string, asked: string, wanted: SchemeNamePort): ProxyTarget {
  const { scheme, name, port } = wanted;
  const isNumber = /^[+-]?\d+$/.test(port);
  const portName = isNumber ? namedPort(requireService(registry, namespace, name), Number(port)) : port;
  const endpoints = registry.cached<V1Endpoints>(registry.require("", "v1", "endpoints"), namespace, name);
  if (!endpoints) throw notFound({ group: "", resource: "services" }, name);
  const subsets = endpoints.subsets ?? [];
  if (subsets.length === 0) throw noEndpoints(name);
  const candidates = subsets.flatMap((subset) => candidatesIn(subset, portName));
  while (candidates.length > 0) {
    const [chosen] = candidates.splice(registry.ports.prng.integer(candidates.length), 1);
    if (!chosen || !isOfPod(registry, namespace, chosen.address)) continue;
    const pod = { namespace, name: chosen.address.targetRef?.name ?? "" };
    return { scheme, host: chosen.address.ip, port: chosen.port, pod };
  }
  throw noEndpoints(asked);
}

function requireService(registry: Registry, namespace: string, name: string): V1Service {
  const service = registry.cached<V1Service>(registry.require("", "v1", "services"), namespace, name);
  if (!service) throw notFound({ group: "", resource: "services" }, name);
  return service;
}

function noEndpoints(name: string): StatusError {
  return serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
}

/** A port that is given by number is looked for under its name. */
function namedPort({ metadata, spec }: V1Service, number: number): string {
  const found = spec?.ports?.find(({ port }) => port === number);
  if (found) return found.name ?? "";
  throw serviceUnavailable(`no service port ${number} found for service ${JSON.stringify(metadata.name)}`);
}

interface Candidate {
  readonly address: V1EndpointAddress;
  readonly port: number;
}

function candidatesIn({ addresses = [], ports = [] }: V1EndpointSubset, portName: string): Candidate[] {
  const port = ports.find(({ name }) => (name ?? "") === portName)?.port;
  return port ? addresses.map((address) => ({ address, port })) : [];
}

/** Anybody who may write endpoints could name any address: only those of pods of the namespace are believed. */
function isOfPod(registry: Registry, namespace: string, { ip: host, targetRef }: V1EndpointAddress): boolean {
  const { kind, name = "", namespace: ofNamespace = "" } = targetRef ?? {};
  if (kind !== "Pod" || ofNamespace !== namespace) return false;
  const pod = registry.cached<V1Pod>(registry.require("", "v1", "pods"), namespace, name);
  return (pod?.status?.podIPs ?? []).some(({ ip }) => ip === host);
}

function nodeTarget(registry: Registry, { scheme, name, port }: SchemeNamePort): ProxyTarget {
  const node = registry.cached<V1Node>(registry.require("", "v1", "nodes"), "", name);
  if (!node) throw notFound({ group: "", resource: "nodes" }, name);
  const { addresses = [], daemonEndpoints } = node.status ?? {};
  const host = addresses.find(({ type }) => type === "InternalIP")?.address ?? "";
  const kubeletPort = daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT;
  if (port === "" || Number(port) === kubeletPort) {
    if (host === "") throw noAddress(name);
    return { scheme: "https", host, port: kubeletPort, kubeletOf: name };
  }
  if (!isGlobalUnicast(host)) throw addressNotAllowed();
  return { scheme, host, port: portNumber(port) };
}

function addressNotAllowed(): StatusError {
  return badRequest("address not allowed");
}

function portNumber(port: string): number {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  const why = /^\d+$/.test(port) ? `address ${port}: invalid port` : `lookup tcp/${port}: unknown port`;
  throw serviceUnavailable(`error trying to reach service: dial tcp: ${why}`);
}
