import type { GroupResource } from "@drydock/apimachinery";
import { units } from "./amounts.ts";
import { deviceClaimEvaluator, volumeClaimEvaluator } from "./claims.ts";
import { type Evaluator, objectCountName } from "./evaluator.ts";
import { podEvaluator } from "./pods.ts";
import { serviceEvaluator } from "./services.ts";

const SPECIAL: readonly Evaluator[] = [podEvaluator, serviceEvaluator, volumeClaimEvaluator, deviceClaimEvaluator];
/** Counted under their bare names since before others could be counted. */
const BARE_NAMES = ["configmaps", "replicationcontrollers", "resourcequotas", "secrets"];

const evaluators = new Map(SPECIAL.map((evaluator) => [objectCountName(evaluator.resource), evaluator]));

/** Every resource can be counted; events are not. Undefined for what never counts. */
export function evaluatorOf(resource: GroupResource): Evaluator | undefined {
  if (resource.resource === "events") return undefined;
  const name = objectCountName(resource);
  const present = evaluators.get(name);
  if (present) return present;
  const made = objectCountEvaluator(resource);
  evaluators.set(name, made);
  return made;
}

function objectCountEvaluator(resource: GroupResource): Evaluator {
  const isBare = resource.group === "" && BARE_NAMES.includes(resource.resource);
  const names = [objectCountName(resource), ...(isBare ? [resource.resource] : [])];
  const usage = new Map(names.map((name) => [name, units(1)]));
  return {
    resource,
    counts: (name) => names.includes(name),
    usage: () => usage,
    isInScope: () => false,
    concerns: (operation, subresource) => operation === "create" && subresource === "",
  };
}
