import type { Outcome } from "../verbs/outcome.ts";
import type { VirtualDefinition } from "./virtual-resource.ts";

/** A kind that is created to be answered: what it asks stands in its spec, the answer in its status. */
export function defineReview(group: string, resource: string, kind: string, isNamespaced: boolean): VirtualDefinition {
  const short = group.split(".")[0];
  return {
    group,
    version: "v1",
    resource,
    singular: kind.toLowerCase(),
    kind,
    isNamespaced,
    schema: `io.k8s.api.${short}.v1.${kind}`,
    isPlain: true,
  };
}

export function reviewed(object: object): Outcome {
  return { kind: "plain", code: 201, object };
}
