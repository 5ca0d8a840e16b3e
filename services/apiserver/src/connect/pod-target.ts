import { badRequest, notFound, StatusError } from "@drydock/apimachinery";
import type { V1Pod } from "@drydock/kube-api";
import type { ContainerRef } from "@drydock/proto/drydock/node/v1/node";
import { type ServiceError, status } from "@grpc/grpc-js";
import type { Exchange } from "../http/exchange.ts";
import type { Registry } from "../registry/registry.ts";

export interface PodTarget {
  readonly pod: V1Pod;
  readonly nodeName: string;
  readonly ref: ContainerRef;
}

/** The container a request is about (none when it is about the pod as a whole): the one named, else the pod's default, in upstream's words when there is none. */
export function podTarget(registry: Registry, exchange: Exchange, { ofPod = false } = {}): PodTarget {
  const { namespace, name } = exchange.info;
  const pod = registry.cached<V1Pod>(registry.require("", "v1", "pods"), namespace, name);
  if (!pod) throw notFound({ group: "", resource: "pods" }, name);
  const container = ofPod ? "" : containerOf(pod, exchange.query.get("container") ?? "");
  if (!pod.spec?.nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  return {
    pod,
    nodeName: pod.spec.nodeName,
    ref: { podNamespace: namespace, podName: name, podUid: pod.metadata.uid ?? "", container },
  };
}

function containerOf(pod: V1Pod, wanted: string): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? { containers: [] };
  const all = [...containers, ...initContainers, ...ephemeralContainers].map(({ name }) => name);
  if (wanted) {
    if (!all.includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
    return wanted;
  }
  const preferred = pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  if (preferred && all.includes(preferred)) return preferred;
  if (containers.length === 1) return containers[0]?.name ?? "";
  const choices = `[${containers.map(({ name }) => name).join(" ")}]`;
  const init =
    initContainers.length > 0
      ? ` or one of the init containers: [${initContainers.map(({ name }) => name).join(" ")}]`
      : "";
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: ${choices}${init}`);
}

/** A kubelet's verdict, as the Status clients know. */
export function fromNodeError(error: unknown): StatusError {
  const { code, details, message } = error as ServiceError;
  const text = details || message;
  if (code === status.NOT_FOUND) return failure(404, "NotFound", text);
  if (code === status.INVALID_ARGUMENT || code === status.FAILED_PRECONDITION) return badRequest(text);
  if (code === status.UNAVAILABLE)
    return failure(500, "InternalError", `Internal error occurred: error dialing backend: ${text}`);
  return failure(500, "InternalError", `Internal error occurred: ${text}`);
}

function failure(code: number, reason: string, message: string): StatusError {
  return new StatusError({ apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", code, reason, message });
}
