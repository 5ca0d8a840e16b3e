import { type FieldError, type FieldPath, fieldErrors, isDns1123Label, isQualifiedName } from "@drydock/apimachinery";
import type {
  V1Affinity,
  V1NodeAffinity,
  V1PodAffinity,
  V1PodAffinityTerm,
  V1TopologySpreadConstraint,
} from "@drydock/kube-api";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { each, type Finding, findings, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";
import { validateNodeSelector, validateNodeSelectorTerm } from "./validate-node-selector.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
const WEIGHT_MAX = 100;

export function validateAffinity(affinity: V1Affinity | undefined, path: FieldPath): FieldError[] {
  return findings(
    affinity?.nodeAffinity && validateNodeAffinity(affinity.nodeAffinity, path.child("nodeAffinity")),
    affinity?.podAffinity && validatePodAffinity(affinity.podAffinity, path.child("podAffinity")),
    affinity?.podAntiAffinity && validatePodAffinity(affinity.podAntiAffinity, path.child("podAntiAffinity")),
  );
}

function validateWeight(weight: number, path: FieldPath): Finding {
  return (
    !(weight >= 1 && weight <= WEIGHT_MAX) &&
    fieldErrors.invalid(path.child("weight"), weight ?? 0, "must be in the range 1-100")
  );
}

function validateNodeAffinity(affinity: V1NodeAffinity, path: FieldPath): Finding {
  return [
    affinity[REQUIRED] && validateNodeSelector(affinity[REQUIRED], path.child(REQUIRED)),
    each(affinity[PREFERRED], path.child(PREFERRED), ({ weight, preference }, at) => [
      validateWeight(weight, at),
      validateNodeSelectorTerm(preference ?? {}, at.child("preference")),
    ]),
  ];
}

function validatePodAffinity(affinity: V1PodAffinity, path: FieldPath): Finding {
  return [
    each(affinity[REQUIRED], path.child(REQUIRED), validateTerm),
    each(affinity[PREFERRED], path.child(PREFERRED), ({ weight, podAffinityTerm }, at) => [
      validateWeight(weight, at),
      validateTerm(podAffinityTerm, at.child("podAffinityTerm")),
    ]),
  ];
}

function validateTerm(term: V1PodAffinityTerm | undefined, path: FieldPath): Finding {
  const { labelSelector, namespaceSelector, namespaces, topologyKey } = term ?? {};
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term ?? {};
  return [
    validateLabelSelector(labelSelector, path.child("labelSelector")),
    validateLabelSelector(namespaceSelector, path.child("namespaceSelector")),
    each(namespaces, path.child("namespaces"), (name) =>
      invalidTexts(path.child("namespace"), name, isDns1123Label(name)),
    ),
    validateKeys(matchLabelKeys, path.child("matchLabelKeys"), labelSelector !== undefined),
    validateKeys(mismatchLabelKeys, path.child("mismatchLabelKeys"), labelSelector !== undefined),
    matchLabelKeys.map(
      (key, index) =>
        mismatchLabelKeys.includes(key) &&
        fieldErrors.invalid(
          path.child("matchLabelKeys").index(index),
          key,
          "exists in both matchLabelKeys and mismatchLabelKeys",
        ),
    ),
    validateTopologyKey(topologyKey, path),
  ];
}

function validateTopologyKey(key: string | undefined, path: FieldPath): Finding {
  const at = path.child("topologyKey");
  return key ? invalidTexts(at, key, isQualifiedName(key)) : fieldErrors.required(at, "can not be empty");
}

/** Keys whose values come from the pod; they refine a selector. */
function validateKeys(keys: readonly string[], path: FieldPath, hasSelector: boolean): Finding {
  if (keys.length === 0) return [];
  if (!hasSelector) return fieldErrors.forbidden(path, "must not be specified when labelSelector is not set");
  return each(keys, path, (key, at) => invalidTexts(at, key, isQualifiedName(key)));
}

export function validateSpread(
  constraints: readonly V1TopologySpreadConstraint[] | undefined,
  path: FieldPath,
): FieldError[] {
  const seen = new Set<string>();
  return each(constraints, path, (constraint, at) => {
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains, labelSelector, matchLabelKeys } = constraint;
    const id = `{${topologyKey}, ${whenUnsatisfiable}}`;
    const isTwin = seen.has(id);
    seen.add(id);
    const minPath = at.child("minDomains");
    return [
      !(maxSkew > 0) && fieldErrors.invalid(at.child("maxSkew"), maxSkew ?? 0, "must be greater than zero"),
      validateTopologyKey(topologyKey, at),
      requiredOneOf(
        at.child("whenUnsatisfiable"),
        whenUnsatisfiable,
        ["DoNotSchedule", "ScheduleAnyway"],
        "can not be empty",
      ),
      isTwin && fieldErrors.duplicate(at.child("{topologyKey, whenUnsatisfiable}"), id),
      minDomains !== undefined && [
        minDomains <= 0 && fieldErrors.invalid(minPath, minDomains, "must be greater than zero"),
        whenUnsatisfiable !== "DoNotSchedule" &&
          fieldErrors.invalid(
            minPath,
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
          ),
      ],
      (["nodeAffinityPolicy", "nodeTaintsPolicy"] as const).map((field) =>
        optionalOneOf(at.child(field), constraint[field], ["Honor", "Ignore"]),
      ),
      validateKeys(matchLabelKeys ?? [], at.child("matchLabelKeys"), labelSelector !== undefined),
      validateLabelSelector(labelSelector, at.child("labelSelector")),
    ];
  });
}
