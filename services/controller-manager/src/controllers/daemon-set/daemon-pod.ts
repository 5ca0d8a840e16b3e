import type { V1DaemonSet, V1Pod, V1PodTemplateSpec, V1Toleration } from "@drydock/kube-api";
import { daemonSets } from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";
import { podFromTemplate } from "../../pods/create-pod.ts";

export const revisionHashLabel = "controller-revision-hash";
const GENERATION_LABEL = "pod-template-generation";

/** Daemons run on nodes in trouble too: somebody must look after them. */
const daemonTolerations: readonly V1Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];

export function tolerationsOf(template: V1PodTemplateSpec | undefined): V1Toleration[] {
  const ofHostNetwork: V1Toleration[] = template?.spec?.hostNetwork
    ? [{ key: "node.kubernetes.io/network-unavailable", operator: "Exists", effect: "NoSchedule" }]
    : [];
  return [...(template?.spec?.tolerations ?? []), ...daemonTolerations, ...ofHostNetwork];
}

/** The set's pod for one node: the scheduler binds it, to this node and no other. */
export function daemonPod(set: V1DaemonSet, nodeName: string, hash: string): V1Pod {
  const template = set.spec?.template as V1PodTemplateSpec;
  const pod = podFromTemplate(template, set.metadata.namespace ?? "", controllerRefTo(daemonSets, set));
  const term = { matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] };
  const affinity = pod.spec?.affinity;
  const generation = set.metadata.annotations?.["deprecated.daemonset.template.generation"];
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        [revisionHashLabel]: hash,
        ...(generation ? { [GENERATION_LABEL]: generation } : {}),
      },
    },
    spec: {
      ...pod.spec,
      containers: pod.spec?.containers ?? [],
      tolerations: tolerationsOf(template),
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
        },
      },
    },
  };
}
