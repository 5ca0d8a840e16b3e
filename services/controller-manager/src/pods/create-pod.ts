import { deepClone, type OwnerReference } from "@drydock/apimachinery";
import type { V1Pod, V1PodTemplateSpec } from "@drydock/kube-api";

/** A pod from a template, owned by `owner`, with a generated name (`<owner>-xxxxx`). */
export function podFromTemplate(template: V1PodTemplateSpec, namespace: string, owner: OwnerReference): V1Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return deepClone({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "",
      generateName: `${owner.name}-`,
      namespace,
      labels,
      annotations,
      finalizers,
      ownerReferences: [owner],
    },
    spec: template.spec,
  });
}
