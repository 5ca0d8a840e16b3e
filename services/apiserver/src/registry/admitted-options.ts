import type { CallContext } from "./call.ts";
import type { DeleteOptions } from "./delete-options.ts";

const apiVersion = "meta.k8s.io/v1";

/** The options of a call as webhooks and policies read them. */
export function writeOptions(kind: "CreateOptions" | "UpdateOptions", isDryRun: boolean, { sentOptions }: CallContext) {
  const { fieldManager, fieldValidation } = sentOptions ?? {};
  return {
    kind,
    apiVersion,
    ...(isDryRun && { dryRun: ["All"] }),
    ...(fieldManager && { fieldManager }),
    ...(fieldValidation && { fieldValidation }),
  };
}

export function removalOptions({ gracePeriodSeconds, propagationPolicy, preconditions, dryRun }: DeleteOptions) {
  return {
    kind: "DeleteOptions",
    apiVersion,
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(preconditions && { preconditions }),
    ...(propagationPolicy && { propagationPolicy }),
    ...(dryRun && { dryRun: ["All"] }),
  };
}
