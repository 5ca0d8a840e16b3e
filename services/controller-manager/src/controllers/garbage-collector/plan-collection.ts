import type { KubeObject } from "@drydock/apimachinery";

/** What is known of one of an object's owners. */
export interface OwnerState {
  readonly uid: string;
  readonly state: "present" | "deleting-foreground" | "absent";
}

export type CollectionAction =
  | { readonly kind: "none" }
  | {
      readonly kind: "delete";
      readonly policy: "Background" | "Foreground" | "Orphan";
      /** It must first cease to block its owners, or a circle of owners would wait for itself. */
      readonly isInCircle: boolean;
    }
  /** These owners have gone or are going, others stay: it is theirs alone. */
  | { readonly kind: "release"; readonly ownerUids: readonly string[] }
  | { readonly kind: "orphan-dependents" }
  | { readonly kind: "finish-foreground" };

/**
 * What is to be done about one object, given what is known of its owners and dependents. Pure. An owner that waits for its dependents
 * does nothing itself: each of them is judged for its own owners.
 */
export function planCollection(
  object: KubeObject,
  owners: readonly OwnerState[],
  dependents: readonly KubeObject[],
): CollectionAction {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp) {
    if (finalizers.includes("orphan")) return { kind: "orphan-dependents" };
    const isWaiting = !finalizers.includes("foregroundDeletion") || dependents.some((one) => blocks(one, object));
    return isWaiting ? { kind: "none" } : { kind: "finish-foreground" };
  }
  const gone = owners.filter(({ state }) => state !== "present");
  if (gone.length === 0) return { kind: "none" };
  if (gone.length < owners.length) return { kind: "release", ownerUids: gone.map(({ uid }) => uid) };
  if (dependents.length === 0 || owners.every(({ state }) => state === "absent"))
    return { kind: "delete", policy: policyBy(finalizers), isInCircle: false };
  return { kind: "delete", policy: "Foreground", isInCircle: dependents.some(isDeletingForeground) };
}

export function isDeletingForeground({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes("foregroundDeletion");
}

function blocks({ metadata }: KubeObject, owner: KubeObject): boolean {
  const references = metadata.ownerReferences ?? [];
  return references.some(({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion);
}

/** An object may say beforehand how it wants to go. */
function policyBy(finalizers: readonly string[]): "Background" | "Foreground" | "Orphan" {
  if (finalizers.includes("orphan")) return "Orphan";
  return finalizers.includes("foregroundDeletion") ? "Foreground" : "Background";
}
