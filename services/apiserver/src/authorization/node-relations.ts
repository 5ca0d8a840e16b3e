import type { V1PersistentVolumeClaim, V1Pod, V1ResourceSlice, V1VolumeAttachment } from "@drydock/kube-api";
import { keyPrefixOf, type Registry, type ResourceStore } from "../registry/registry.ts";

/** Whether an object has to do with a node. */
export type Relation = (node: string, namespace: string, name: string) => boolean;

/** By `group/resource`: what the pods that are bound to a node name, and what names the node itself. */
export function nodeRelations(registry: Registry): ReadonlyMap<string, Relation> {
  const pods = registry.require("", "v1", "pods");
  const claims = registry.require("", "v1", "persistentvolumeclaims");
  const attachments = registry.require("storage.k8s.io", "v1", "volumeattachments");
  const slices = registry.require("resource.k8s.io", "v1", "resourceslices");
  const ofPods =
    (matches: (pod: V1Pod, name: string) => boolean): Relation =>
    (node, namespace, name) =>
      hasPod(pods, node, namespace, (pod) => matches(pod, name));
  const usesClaim = ofPods((pod, name) => claimsOf(pod).includes(name));
  return new Map<string, Relation>([
    ["/pods", ofPods((pod, name) => pod.metadata.name === name)],
    ["/secrets", ofPods((pod, name) => refersTo(pod, "secrets", name))],
    ["/configmaps", ofPods((pod, name) => refersTo(pod, "configmaps", name))],
    ["/serviceaccounts", ofPods(({ spec }, name) => (spec?.serviceAccountName ?? "default") === name)],
    ["resource.k8s.io/resourceclaims", ofPods((pod, name) => deviceClaimsOf(pod).includes(name))],
    ["/persistentvolumeclaims", usesClaim],
    [
      "/persistentvolumes",
      (node, _namespace, name) =>
        [...claims.cache.scan()].some(({ object }) => {
          const { metadata, spec } = object as V1PersistentVolumeClaim;
          return spec?.volumeName === name && usesClaim(node, metadata.namespace ?? "", metadata.name);
        }),
    ],
    [
      "storage.k8s.io/volumeattachments",
      (node, _namespace, name) => cached<V1VolumeAttachment>(attachments, name)?.spec?.nodeName === node,
    ],
    [
      "resource.k8s.io/resourceslices",
      (node, _namespace, name) => cached<V1ResourceSlice>(slices, name)?.spec?.nodeName === node,
    ],
  ]);
}

function cached<T>(store: ResourceStore, name: string): T | undefined {
  return store.cache.get(`${keyPrefixOf(store.definition, "")}${name}`)?.object as T | undefined;
}

function hasPod(pods: ResourceStore, node: string, namespace: string, matches: (pod: V1Pod) => boolean): boolean {
  for (const { object } of pods.cache.scan(keyPrefixOf(pods.definition, namespace))) {
    const pod = object as V1Pod;
    if (pod.spec?.nodeName === node && matches(pod)) return true;
  }
  return false;
}

/** By name, and those that are made for the pod and named after it. */
function claimsOf({ metadata, spec }: V1Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
    return ephemeral ? [`${metadata.name}-${name}`] : [];
  });
}

/** By name, and those that were made for the pod, as its status tells. */
function deviceClaimsOf({ spec, status }: V1Pod): string[] {
  const named = (spec?.resourceClaims ?? []).map(({ resourceClaimName }) => resourceClaimName);
  const made = (status?.resourceClaimStatuses ?? []).map(({ resourceClaimName }) => resourceClaimName);
  const extended = status?.extendedResourceClaimStatus?.resourceClaimName;
  return [...named, ...made, extended].filter((name) => name !== undefined);
}

/** Whether a pod mounts, reads or pulls with the object. */
function refersTo({ spec }: V1Pod, resource: "secrets" | "configmaps", name: string): boolean {
  const isSecret = resource === "secrets";
  const volumes = (spec?.volumes ?? []).some(({ secret, configMap, projected }) => {
    if (isSecret ? secret?.secretName === name : configMap?.name === name) return true;
    return (projected?.sources ?? []).some(
      (source) => (isSecret ? source.secret?.name : source.configMap?.name) === name,
    );
  });
  if (volumes) return true;
  if (isSecret && (spec?.imagePullSecrets ?? []).some((reference) => reference.name === name)) return true;
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some(
    ({ env = [], envFrom = [] }) =>
      env.some(
        ({ valueFrom }) => (isSecret ? valueFrom?.secretKeyRef?.name : valueFrom?.configMapKeyRef?.name) === name,
      ) || envFrom.some((source) => (isSecret ? source.secretRef?.name : source.configMapRef?.name) === name),
  );
}
