import type { OwnerReference } from "@drydock/apimachinery";
import { pods, statefulSets, type V1PersistentVolumeClaim, type V1Pod, type V1StatefulSet } from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";

/**
 * Who takes a claim along when going, as the set's retention policy says: the set, a pod that is not wanted any more, or nobody. Other
 * owners stay, and a claim that something else controls is left to it. Undefined when the claim says so already.
 */
export function planClaimOwners(
  set: V1StatefulSet,
  pod: V1Pod,
  isCondemned: boolean,
  { metadata }: V1PersistentVolumeClaim,
): OwnerReference[] | undefined {
  const { whenDeleted, whenScaled } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  const goesWithPod = whenScaled === "Delete" && isCondemned;
  const goesWithSet = whenDeleted === "Delete" && !goesWithPod;
  const current = metadata.ownerReferences ?? [];
  const others = current.filter(({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid);
  if (others.some(({ controller }) => controller)) return others.length < current.length ? others : undefined;
  const has = (uid: string | undefined) => current.some((owner) => owner.uid === uid);
  if (has(set.metadata.uid) === goesWithSet && has(pod.metadata.uid) === goesWithPod) return undefined;
  return [
    ...others,
    ...(goesWithSet ? [controllerRefTo(statefulSets, set)] : []),
    ...(goesWithPod ? [controllerRefTo(pods, pod)] : []),
  ];
}

/** A claim that goes with an earlier pod of the same name: a new pod must wait until it is gone. */
export function isStaleClaim(
  { metadata }: V1PersistentVolumeClaim,
  podName: string,
  podUid: string | undefined,
): boolean {
  const isOfEarlierPod = metadata.ownerReferences?.some(
    ({ kind, name, uid }) => kind === "Pod" && name === podName && uid !== podUid,
  );
  return metadata.deletionTimestamp !== undefined || isOfEarlierPod === true;
}
