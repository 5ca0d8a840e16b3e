import type { KubeObject } from "@drydock/apimachinery";

export type OwnerState = "present" | "deleting-foreground" | "absent";

export type CollectionAction =
  | { readonly kind: "none" }
  | { readonly kind: "delete"; readonly policy: "Background" | "Foreground" }
  | { readonly kind: "orphan-dependents" }
  | { readonly kind: "delete-dependents" }
  | { readonly kind: "finish-foreground" };

/** What is to be done about one object, given what is known of its owners (in their order) and dependents. Pure. */
export function planCollection(
  object: KubeObject,
  owners: readonly OwnerState[],
  dependents: readonly KubeObject[],
): CollectionAction {
  const { metadata } = object;
  const finalizers = metadata.finalizers ?? [];
  if (metadata.deletionTimestamp) {
    if (finalizers.includes("orphan")) return { kind: "orphan-dependents" };
    if (!finalizers.includes("foregroundDeletion")) return { kind: "none" };
    const blocking = dependents.filter((dependent) =>
      (dependent.metadata.ownerReferences ?? []).some(
        ({ uid, blockOwnerDeletion }) => uid === metadata.uid && blockOwnerDeletion,
      ),
    );
    return blocking.length === 0 ? { kind: "finish-foreground" } : { kind: "delete-dependents" };
  }
  if (owners.length === 0 || owners.some((state) => state === "present")) return { kind: "none" };
  return {
    kind: "delete",
    policy: owners.some((state) => state === "deleting-foreground") ? "Foreground" : "Background",
  };
}
