import type { Authenticator } from "../authentication/authenticator.ts";
import type { Registry } from "../registry/registry.ts";
import { type AccessReviewOptions, createAccessReviews } from "./access-reviews.ts";
import { createBindings } from "./bindings.ts";
import { createComponentStatuses } from "./component-statuses.ts";
import { createIdentityReviews } from "./identity-reviews.ts";
import { VirtualResources } from "./virtual-resource.ts";

/** Everything that is answered and not stored. */
export function createVirtualResources(
  registry: Registry,
  authenticator: Authenticator,
  options: AccessReviewOptions,
): VirtualResources {
  return new VirtualResources([
    createBindings(registry),
    createComponentStatuses(registry),
    ...createAccessReviews(options),
    ...createIdentityReviews(authenticator),
  ]);
}
