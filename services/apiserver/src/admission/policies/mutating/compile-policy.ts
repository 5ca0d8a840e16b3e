import type { V1MutatingAdmissionPolicy } from "@drydock/kube-api";
import type { Scope } from "../../expressions/environment.ts";
import { appliedObject, compileExpression, type Expression, jsonPatches } from "../../expressions/expression.ts";
import { compileConditions } from "../../expressions/match-conditions.ts";
import { compileVariables, type Variables } from "../../expressions/variables.ts";

/** A MutatingAdmissionPolicy made ready to be run. */
export interface CompiledPolicy {
  readonly conditions: readonly Expression[];
  readonly variables: Variables;
  readonly mutations: readonly CompiledMutation[];
}

export interface CompiledMutation {
  readonly patchType: "ApplyConfiguration" | "JSONPatch";
  readonly expression: Expression;
}

export function compilePolicy({ spec }: V1MutatingAdmissionPolicy): CompiledPolicy {
  const base: Scope = { hasParams: spec?.paramKind !== undefined, hasAuthorizer: true };
  const patching = { ...base, hasPatchTypes: true };
  const variables = compileVariables(spec?.variables, patching);
  const scope = { ...patching, variables: variables.type };
  return {
    conditions: compileConditions(spec?.matchConditions, base),
    variables,
    mutations: (spec?.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }) =>
      patchType === "JSONPatch"
        ? { patchType, expression: compileExpression(jsonPatch?.expression ?? "", scope, jsonPatches) }
        : {
            patchType: "ApplyConfiguration",
            expression: compileExpression(applyConfiguration?.expression ?? "", scope, appliedObject),
          },
    ),
  };
}
