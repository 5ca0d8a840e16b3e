import type { Bindings } from "@drydock/cel";
import { CostBudget, type Evaluation, evaluate, OutOfBudget } from "../../expressions/expression.ts";
import { judgeConditions } from "../../expressions/match-conditions.ts";
import { bindVariables } from "../../expressions/variables.ts";
import type { CompiledPolicy, CompiledValidation } from "./compile-policy.ts";

/** Upstream's RuntimeCELCostBudget, for all expressions of a policy. */
const COST_LIMIT = 10_000_000;
const MESSAGE_BYTES_MAX = 5 * 1024;

export interface Denial {
  /** Of the validation, in its policy. */
  readonly index: number;
  readonly message: string;
  /** A Status reason; by default the request is invalid. */
  readonly reason: string;
}

/** What a policy has to say about a request. */
export interface Verdict {
  readonly denials: readonly Denial[];
  /** For the audit log, by key. */
  readonly annotations: readonly (readonly [key: string, value: string])[];
  /** Annotations that could not be made, where that matters. */
  readonly annotationErrors: readonly string[];
  /** Errors that the policy ignores. */
  readonly ignored: readonly string[];
}

const INVALID = "Invalid";
const silent: Verdict = { denials: [], annotations: [], annotationErrors: [], ignored: [] };

interface JudgeOptions {
  readonly costLimit?: number;
  readonly observeConditions?: (errors: number, seconds: number) => void;
}

/** Runs a policy. `isLenient`: expressions that fail say nothing. */
export async function judgeRequest(
  policy: CompiledPolicy,
  base: Bindings,
  isLenient: boolean,
  { costLimit = COST_LIMIT, observeConditions }: JudgeOptions = {},
): Promise<Verdict> {
  const failed = (message: string): Verdict =>
    isLenient ? { ...silent, ignored: [message] } : { ...silent, denials: [{ index: 0, message, reason: INVALID }] };
  const conditions = await judgeConditions(policy.conditions, base, observeConditions);
  if (conditions.kind === "excluded") return silent;
  if (conditions.kind === "failed") return failed(conditions.error);
  const budget = new CostBudget(costLimit);
  const bindings = { ...base, variables: bindVariables(policy.variables, base, budget) };
  try {
    const denials: Denial[] = [];
    const ignored: string[] = [];
    for (const [index, validation] of policy.validations.entries()) {
      const denial = await judge(validation, bindings, budget);
      if (denial && isLenient && denial.isError) ignored.push(denial.message);
      else if (denial) denials.push({ index, message: denial.message, reason: denial.reason });
    }
    return { denials, ignored, ...(await annotate(policy, bindings, isLenient)) };
  } catch (error) {
    if (error instanceof OutOfBudget) return failed(error.message);
    throw error;
  }
}

async function judge(
  validation: CompiledValidation,
  bindings: Bindings,
  budget: CostBudget,
): Promise<(Omit<Denial, "index"> & { readonly isError: boolean }) | undefined> {
  const result = await evaluate(validation.expression, bindings, budget);
  if ("error" in result) return { message: result.error, reason: INVALID, isError: true };
  if (result.value === true) return undefined;
  const reason = validation.validation.reason ?? INVALID;
  try {
    return { message: await messageOf(validation, bindings, budget), reason, isError: false };
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return { message: `failed messageExpression: ${error.message}`, reason: INVALID, isError: true };
  }
}

/** What the policy makes of it for this request, else what it always says, else the expression itself. */
async function messageOf(
  { validation, message }: CompiledValidation,
  bindings: Bindings,
  budget: CostBudget,
): Promise<string> {
  const made = message && usable(await evaluate(message, bindings, budget));
  return made || validation.message?.trim() || `failed expression: ${validation.expression.trim()}`;
}

function usable(made: Evaluation): string | undefined {
  if (!("value" in made) || typeof made.value !== "string") return undefined;
  const text = made.value.trim();
  return Buffer.byteLength(text) > MESSAGE_BYTES_MAX || text.includes("\n") ? undefined : text;
}

async function annotate(policy: CompiledPolicy, bindings: Bindings, isLenient: boolean) {
  const annotations: (readonly [string, string])[] = [];
  const annotationErrors: string[] = [];
  const budget = new CostBudget(COST_LIMIT);
  for (const { key, value, source } of policy.annotations) {
    const result = await evaluate(value, bindings, budget);
    if ("error" in result) {
      if (!isLenient) annotationErrors.push(result.error);
    } else if (typeof result.value === "string") {
      if (result.value.trim() !== "") annotations.push([key, result.value.trim()]);
    } else if (result.value !== null)
      annotationErrors.push(
        `valueExpression '${source.valueExpression}' resulted in unsupported return type. Return type must be either string or null.`,
      );
  }
  return { annotations, annotationErrors };
}
