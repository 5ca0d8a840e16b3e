import { deepClone, type KubeObject, type OwnerReference } from "@drydock/apimachinery";
import type { V1Pod, V1PodTemplateSpec } from "@drydock/kube-api";

export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** A pod as its owner's template wants it; the server completes the name. */
export function podFromTemplate(owner: KubeObject, template: V1PodTemplateSpec | undefined): V1Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "",
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? "",
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    spec: deepClone(template?.spec),
  } as V1Pod;
}
