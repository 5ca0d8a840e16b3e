import type { V1AuditAnnotation, V1ValidatingAdmissionPolicy, V1Validation } from "@drydock/kube-api";
import type { Scope } from "../../expressions/environment.ts";
import { bool, compileExpression, type Expression, string, stringOrNull } from "../../expressions/expression.ts";
import { compileConditions } from "../../expressions/match-conditions.ts";
import { compileVariables, type Variables } from "../../expressions/variables.ts";

/** A ValidatingAdmissionPolicy made ready to be run. */
export interface CompiledPolicy {
  readonly conditions: readonly Expression[];
  readonly variables: Variables;
  readonly validations: readonly CompiledValidation[];
  readonly annotations: readonly {
    readonly key: string;
    readonly value: Expression;
    readonly source: V1AuditAnnotation;
  }[];
}

export interface CompiledValidation {
  readonly validation: V1Validation;
  readonly expression: Expression;
  readonly message: Expression | undefined;
}

export function compilePolicy({ spec }: V1ValidatingAdmissionPolicy): CompiledPolicy {
  const base: Scope = { hasParams: spec?.paramKind !== undefined, hasAuthorizer: true };
  const variables = compileVariables(spec?.variables, base);
  const scope = { ...base, variables: variables.type };
  return {
    conditions: compileConditions(spec?.matchConditions, base),
    variables,
    validations: (spec?.validations ?? []).map((validation) => ({
      validation,
      expression: compileExpression(validation.expression, scope, bool),
      message: validation.messageExpression
        ? compileExpression(validation.messageExpression, { ...scope, hasAuthorizer: false }, string)
        : undefined,
    })),
    annotations: (spec?.auditAnnotations ?? []).map((source) => ({
      key: source.key,
      value: compileExpression(source.valueExpression, scope, stringOrNull),
      source,
    })),
  };
}
