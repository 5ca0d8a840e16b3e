import type { KubeObject, Selector } from "@drydock/apimachinery";
import { controllerOf } from "./controller-ref.ts";

export interface Claims<T> {
  /** Ours already. */
  readonly kept: T[];
  /** Nobody's, and our selector matches. */
  readonly adopt: T[];
  /** Ours by reference, but the selector does not match any more. */
  readonly release: T[];
}

/**
 * Sorts objects by what the controller reference and the selector say, as upstream's ref manager does. An owner that is being
 * deleted neither adopts nor releases; objects being deleted are left as they are.
 */
export function planClaims<T extends KubeObject>(
  owner: KubeObject,
  selector: Selector,
  objects: readonly T[],
): Claims<T> {
  const claims: Claims<T> = { kept: [], adopt: [], release: [] };
  const ownerIsGoing = owner.metadata.deletionTimestamp !== undefined;
  for (const object of objects) {
    const controller = controllerOf(object);
    const matches = selector.matches(object.metadata.labels);
    const isGoing = object.metadata.deletionTimestamp !== undefined;
    if (controller) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matches) claims.kept.push(object);
      else if (!ownerIsGoing && !isGoing) claims.release.push(object);
    } else if (matches && !ownerIsGoing && !isGoing) {
      claims.adopt.push(object);
    }
  }
  return claims;
}
