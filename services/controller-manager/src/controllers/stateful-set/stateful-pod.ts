import { deepClone } from "@drydock/apimachinery";
import {
  statefulSets,
  type V1ObjectMeta,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1PodTemplateSpec,
  type V1StatefulSet,
} from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";
import { podFromTemplate } from "../../pods/create-pod.ts";

const NAME_LABEL = "statefulset.kubernetes.io/pod-name";
const INDEX_LABEL = "apps.kubernetes.io/pod-index";
export const REVISION_LABEL = "controller-revision-hash";

/** The number at the end of a pod's name, if the rest is the set's; undefined for pods that are none of the set's. */
export function ordinalOf(
  { metadata: set }: V1StatefulSet,
  { metadata }: { metadata: V1ObjectMeta },
): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(metadata.name ?? "");
  return match && match[1] === set.name ? Number(match[2]) : undefined;
}

export function startOrdinal({ spec }: V1StatefulSet): number {
  return spec?.ordinals?.start ?? 0;
}

export function revisionOf({ metadata }: V1Pod): string | undefined {
  return metadata.labels?.[REVISION_LABEL];
}

/** The pod of one ordinal by a template: its name, host name and claims are always the same. */
export function statefulPod(set: V1StatefulSet, template: V1PodTemplateSpec, revision: string, ordinal: number): V1Pod {
  const pod = podFromTemplate(template, set.metadata.namespace ?? "", controllerRefTo(statefulSets, set));
  const name = `${set.metadata.name}-${ordinal}`;
  delete pod.metadata.generateName;
  pod.metadata.name = name;
  pod.metadata.labels = { ...pod.metadata.labels, ...identityLabels(set, name), [REVISION_LABEL]: revision };
  const claims = set.spec?.volumeClaimTemplates ?? [];
  const own = new Set(claims.map(({ metadata }) => metadata.name));
  if (!pod.spec) return pod;
  pod.spec.hostname = name;
  if (set.spec?.serviceName) pod.spec.subdomain = set.spec.serviceName;
  const others = (pod.spec.volumes ?? []).filter((volume) => !own.has(volume.name));
  const volumes = claims.map((claim) => ({
    name: claim.metadata.name ?? "",
    persistentVolumeClaim: { claimName: claimName(set, claim, ordinal), readOnly: false },
  }));
  if (others.length + volumes.length > 0) pod.spec.volumes = [...volumes, ...others];
  return pod;
}

export function identityLabels(set: V1StatefulSet, podName: string): Record<string, string> {
  return { [NAME_LABEL]: podName, [INDEX_LABEL]: podName.slice((set.metadata.name ?? "").length + 1) };
}

export function hasIdentity(set: V1StatefulSet, { metadata }: V1Pod): boolean {
  return Object.entries(identityLabels(set, metadata.name ?? "")).every(
    ([key, value]) => metadata.labels?.[key] === value,
  );
}

/** What the templates of claims make for one ordinal. */
export function claimsOf(set: V1StatefulSet, ordinal: number): V1PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => {
    const claim = deepClone(template);
    const { labels, annotations } = claim.metadata;
    return {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        name: claimName(set, template, ordinal),
        namespace: set.metadata.namespace,
        labels: { ...labels, ...set.spec?.selector.matchLabels },
        ...(annotations ? { annotations } : {}),
      },
      ...(claim.spec ? { spec: claim.spec } : {}),
    };
  });
}

function claimName({ metadata }: V1StatefulSet, template: V1PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${metadata.name}-${ordinal}`;
}
