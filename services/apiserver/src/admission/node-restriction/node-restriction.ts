import { deepEqual, forbidden, type KubeObject } from "@drydock/apimachinery";
import type { V1Node, V1PersistentVolumeClaim, V1Pod, V1ResourceSlice } from "@drydock/kube-api";
import { nodeNameOf } from "../../authentication/user-info.ts";
import type { Registry } from "../../registry/registry.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission.ts";
import { mirrorPodProblem } from "./mirror-pod.ts";
import { forbiddenLabelChanges } from "./node-labels.ts";

/** A kubelet writes its own node and the pods bound to it, and nobody else's; and of these only what is a node's to say. */
export function nodeRestriction(registry: Registry): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    mutate(request) {
      const node = nodeNameOf(request.context.user);
      const isClaim = request.definition.kind === "PersistentVolumeClaim";
      if (node !== undefined && !isClaim) refuse(request, problemOf(registry, node, request));
    },
    // Of a claim, defaults must be in place before it is compared.
    validate(request) {
      const node = nodeNameOf(request.context.user);
      const isClaim = request.definition.kind === "PersistentVolumeClaim" && request.definition.group === "";
      if (node !== undefined && isClaim) refuse(request, claimProblem(node, request));
    },
  };
}

function refuse({ definition, name, object }: AdmissionRequest, problem: string | undefined): void {
  if (problem === undefined) return;
  const { group, resource } = definition;
  throw forbidden({ group, resource }, name || (object?.metadata.name ?? ""), problem);
}

function problemOf(registry: Registry, node: string, request: AdmissionRequest): string | undefined {
  const { group, resource } = request.definition;
  const name = request.name || (request.object?.metadata.name ?? "");
  switch (group === "" ? resource : `${resource}.${group}`) {
    case "pods":
      return podProblem(registry, node, request);
    case "nodes":
      return nodeProblem(node, name, request.object as V1Node | undefined, request.oldObject as V1Node | undefined);
    case "leases.coordination.k8s.io":
      if (request.namespace !== "kube-node-lease")
        return 'can only access leases in the "kube-node-lease" system namespace';
      return name === node ? undefined : "can only access node lease with the same name as the requesting node";
    case "csinodes.storage.k8s.io":
      return name === node ? undefined : "can only access CSINode with the same name as the requesting node";
    case "resourceslices.resource.k8s.io":
      return sliceProblem(node, request);
    default:
      return undefined;
  }
}

/** Whose slice it is, the authorizer sees of those that are there and are named. */
function sliceProblem(node: string, { operation, object, oldObject }: AdmissionRequest): string | undefined {
  if (operation !== "create" && operation !== "delete") return undefined;
  const slice = (operation === "create" ? object : oldObject) as V1ResourceSlice | undefined;
  if (slice?.spec?.nodeName === node) return undefined;
  return `can only ${operation} ResourceSlice with the same NodeName as the requesting node`;
}

function podProblem(registry: Registry, node: string, request: AdmissionRequest): string | undefined {
  const { operation, subresource } = request;
  const pod = request.object as V1Pod | undefined;
  const old = request.oldObject as V1Pod | undefined;
  const name = JSON.stringify(node);
  if (subresource === "status") return old && pod && podStatusProblem(name, node, pod, old);
  if (subresource === "eviction") {
    const evicted = registry.cached<V1Pod>(registry.require("", "v1", "pods"), request.namespace, request.name);
    return evicted && evicted.spec?.nodeName !== node
      ? `node ${name} can only evict pods with spec.nodeName set to itself`
      : undefined;
  }
  if (subresource !== "")
    return `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`;
  if (operation === "create" && pod)
    return mirrorPodProblem(node, pod, registry.cached<V1Node>(registry.require("", "v1", "nodes"), "", node));
  if (operation === "delete")
    return old?.spec?.nodeName === node
      ? undefined
      : `node ${name} can only delete pods with spec.nodeName set to itself`;
  return `unexpected operation ${JSON.stringify(operation.toUpperCase())}, node ${name} can only create and delete mirror pods`;
}

function podStatusProblem(name: string, node: string, pod: V1Pod, old: V1Pod): string | undefined {
  if (old.spec?.nodeName !== node)
    return `node ${name} can only update pod status for pods with spec.nodeName set to itself`;
  if (!deepEqual(pod.metadata.labels ?? {}, old.metadata.labels ?? {}))
    return `node ${name} cannot update labels through pod status`;
  const claims = ({ status }: V1Pod) =>
    (status?.resourceClaimStatuses ?? []).map((claim) => [claim.name, claim.resourceClaimName]);
  if (!deepEqual(claims(pod), claims(old))) return `node ${name} cannot update resource claim statues`;
  return undefined;
}

function nodeProblem(
  node: string,
  name: string,
  object: V1Node | undefined,
  old: V1Node | undefined,
): string | undefined {
  const quoted = JSON.stringify(node);
  if (name !== node) return `node ${quoted} is not allowed to modify node ${JSON.stringify(name)}`;
  if (!object) return undefined;
  const labels = forbiddenLabelChanges(object.metadata.labels, old?.metadata.labels).join(", ");
  if (!old) return labels ? `node ${quoted} is not allowed to set the following labels: ${labels}` : undefined;
  if (!deepEqual(object.spec?.taints ?? [], old.spec?.taints ?? []))
    return `node ${quoted} is not allowed to modify taints`;
  if (!deepEqual(object.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? []))
    return `node ${quoted} is not allowed to modify ownerReferences`;
  return labels ? `is not allowed to modify labels: ${labels}` : undefined;
}

function claimProblem(node: string, { subresource, object, oldObject }: AdmissionRequest): string | undefined {
  if (subresource !== "status") return "may only update PVC status";
  if (!object || !oldObject || deepEqual(withoutNodesPart(object), withoutNodesPart(oldObject))) return undefined;
  return `node ${JSON.stringify(node)} is not allowed to update fields other than status.capacity and status.conditions`;
}

/** What of a claim is not a node's to say. */
function withoutNodesPart(object: KubeObject): object {
  const { metadata, status = {}, ...rest } = object as V1PersistentVolumeClaim;
  const { resourceVersion: _version, managedFields: _fields, ...keptMetadata } = metadata;
  const { capacity: _capacity, conditions: _conditions, ...others } = status;
  const { allocatedResources: _resources, allocatedResourceStatuses: _statuses, ...keptStatus } = others;
  return { ...rest, metadata: keptMetadata, status: keptStatus };
}
