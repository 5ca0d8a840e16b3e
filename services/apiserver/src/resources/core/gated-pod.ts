import { deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1NodeSelectorRequirement, V1NodeSelectorTerm, V1PodSpec } from "@drydock/kube-api";
import { each, findings } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const TERMS = SPEC.child("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution").child(
  "nodeSelectorTerms",
);

/** Gates can only be lifted. */
export function validateGateChange(spec: V1PodSpec, old: V1PodSpec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  return each(
    spec.schedulingGates,
    SPEC.child("schedulingGates"),
    ({ name }, at) =>
      !before.has(name) &&
      fieldErrors.forbidden(at.child("name"), `only deletion is allowed, but found new scheduling gate '${name}'`),
  );
}

/** Until its gates are lifted, where a pod may go can be narrowed; nobody has looked for a node yet. */
export function validatePlacementChange(spec: V1PodSpec, old: V1PodSpec): FieldError[] {
  if ((old.schedulingGates ?? []).length === 0) return [];
  const selector = spec.nodeSelector ?? {};
  const isNarrower = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => selector[key] === value);
  const rule = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
  return findings(
    !isNarrower && fieldErrors.invalid(SPEC.child("nodeSelector"), spec.nodeSelector ?? null, rule),
    validateTerms(termsOf(spec), termsOf(old) ?? []),
  );
}

function termsOf({ affinity }: V1PodSpec): V1NodeSelectorTerm[] | undefined {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
}

/** One term is enough for a node, so that only what is within a term narrows the choice. */
function validateTerms(terms: readonly V1NodeSelectorTerm[] | undefined, old: readonly V1NodeSelectorTerm[]) {
  if (old.length === 0) return [];
  if (terms?.length !== old.length) {
    const rule = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    return [fieldErrors.invalid(TERMS, terms ? terms.map(internalTerm) : null, rule)];
  }
  return each(terms, TERMS, (term, at, index) => {
    const { matchExpressions, matchFields } = old[index] ?? {};
    const isKept = holds(term.matchExpressions, matchExpressions) && holds(term.matchFields, matchFields);
    const rule = "only additions are allowed (no mutations or deletions)";
    return !isKept && fieldErrors.invalid(at, internalTerm(term), rule);
  });
}

type Requirements = readonly V1NodeSelectorRequirement[] | undefined;

/** The old requirements come first and as they were. */
function holds(requirements: Requirements = [], old: Requirements = []): boolean {
  return old.every((requirement, index) => deepEqual(requirements[index], requirement));
}

/** Upstream's messages show the type it works with, which has other names. */
function internalTerm({ matchExpressions, matchFields }: V1NodeSelectorTerm): object {
  return { MatchExpressions: internalOf(matchExpressions), MatchFields: internalOf(matchFields) };
}

function internalOf(requirements: Requirements): object[] | null {
  if (!requirements?.length) return null;
  return requirements.map(({ key, operator, values }) => ({ Key: key, Operator: operator, Values: values ?? null }));
}
