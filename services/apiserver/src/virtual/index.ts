import type { Registry } from "../registry/registry.ts";
import { createBindings } from "./bindings.ts";
import { createComponentStatuses } from "./component-statuses.ts";
import { createReviews, type ReviewOptions } from "./reviews.ts";
import { VirtualResources } from "./virtual-resource.ts";

/** Everything that is answered and not stored. */
export function createVirtualResources(registry: Registry, options: ReviewOptions): VirtualResources {
  return new VirtualResources([createBindings(registry), createComponentStatuses(registry), ...createReviews(options)]);
}
