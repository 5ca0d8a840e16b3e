import type { V1PersistentVolumeClaim, V1Pod, V1VolumeAttachment } from "@drydock/kube-api";
import { keyPrefixOf, type Registry, type ResourceStore } from "../registry/registry.ts";

/** Which volumes a node may know of: those of the pods bound to it. */
export class NodeVolumes {
  readonly #pods: ResourceStore;
  readonly #claims: ResourceStore;
  readonly #attachments: ResourceStore;

  constructor(registry: Registry) {
    this.#pods = registry.require("", "v1", "pods");
    this.#claims = registry.require("", "v1", "persistentvolumeclaims");
    this.#attachments = registry.require("storage.k8s.io", "v1", "volumeattachments");
  }

  usesClaim(node: string, namespace: string, name: string): boolean {
    const prefix = keyPrefixOf(this.#pods.definition, namespace);
    return [...this.#pods.cache.scan(prefix)].some(({ object }) => {
      const pod = object as V1Pod;
      return pod.spec?.nodeName === node && claimsOf(pod).includes(name);
    });
  }

  usesVolume(node: string, name: string): boolean {
    return [...this.#claims.cache.scan()].some(({ object }) => {
      const { metadata, spec } = object as V1PersistentVolumeClaim;
      return spec?.volumeName === name && this.usesClaim(node, metadata.namespace ?? "", metadata.name);
    });
  }

  hasAttachment(node: string, name: string): boolean {
    const stored = this.#attachments.cache.get(`${keyPrefixOf(this.#attachments.definition, "")}${name}`);
    return (stored?.object as V1VolumeAttachment | undefined)?.spec?.nodeName === node;
  }
}

/** By name, and those that are made for the pod and named after it. */
function claimsOf({ metadata, spec }: V1Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
    return ephemeral ? [`${metadata.name}-${name}`] : [];
  });
}
