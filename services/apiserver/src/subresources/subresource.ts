import type { Services } from "../endpoints/dispatch.ts";
import type { Call } from "../registry/call.ts";
import type { ResourceDefinition, Verb } from "../registry/definition.ts";
import type { ObjectKind } from "../registry/field-validation.ts";
import type { ResourceStore } from "../registry/registry.ts";
import type { Outcome } from "../verbs/outcome.ts";

/** The kind a subresource's body or answer has, when it is not the resource's own. */
export type SubresourceKind = Omit<ObjectKind, "custom">;

/** Something below an object's path that answers calls. Streaming ones (log, exec, …) are in `connect/`. */
export interface Subresource {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** Which resources have it. */
  appliesTo(definition: ResourceDefinition): boolean;
  /** Of the request body; the resource's own kind when absent. */
  readonly kind?: SubresourceKind;
  run(services: Services, store: ResourceStore, call: Call): Promise<Outcome>;
}

export function isResource(definition: ResourceDefinition, group: string, resource: string): boolean {
  return definition.group === group && definition.resource === resource;
}
