import type { V1PersistentVolume, V1PersistentVolumeClaim, V1Pod } from "@drydock/kube-api";

export const CLAIM_FINALIZER = "kubernetes.io/pvc-protection";
export const VOLUME_FINALIZER = "kubernetes.io/pv-protection";
export const ATTRIBUTES_CLASS_FINALIZER = "kubernetes.io/vac-protection";

/** The claims that a pod uses, by name; of an ephemeral volume it is the pod's name and the volume's. */
export function claimsOf({ metadata, spec }: V1Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
    return ephemeral ? [`${metadata.name}-${name}`] : [];
  });
}

/** A pod holds its claims from the moment it is on a node until it has ended. */
function holdsClaims({ spec, status }: V1Pod): boolean {
  return Boolean(spec?.nodeName) && status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

export function isClaimInUse({ metadata }: V1PersistentVolumeClaim, pods: readonly V1Pod[]): boolean {
  return pods.some(
    (pod) => pod.metadata.namespace === metadata.namespace && holdsClaims(pod) && claimsOf(pod).includes(metadata.name),
  );
}

export function isVolumeInUse({ status }: V1PersistentVolume): boolean {
  return status?.phase === "Bound";
}

/** The attributes classes that a claim asks for, has, or is being changed to. */
export function attributesClassesOf({ spec, status }: V1PersistentVolumeClaim): string[] {
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return names.filter((name) => name !== undefined && name !== "") as string[];
}

export function isAttributesClassInUse(
  name: string,
  claims: readonly V1PersistentVolumeClaim[],
  volumes: readonly V1PersistentVolume[],
): boolean {
  return (
    claims.some((claim) => attributesClassesOf(claim).includes(name)) ||
    volumes.some(({ spec }) => spec?.volumeAttributesClassName === name)
  );
}

/** The finalizers that remain when an object is being deleted and nobody uses it; undefined when nothing is to be done. */
export function releasedFinalizers(
  { deletionTimestamp, finalizers }: { readonly deletionTimestamp?: string; readonly finalizers?: readonly string[] },
  finalizer: string,
  isInUse: boolean,
): string[] | undefined {
  if (!deletionTimestamp || isInUse || !finalizers?.includes(finalizer)) return undefined;
  return finalizers.filter((name) => name !== finalizer);
}
