import { applyJsonPatch, internal, isRecord, type KubeObject, mergeConfiguration } from "@drydock/apimachinery";
import { type Bindings, type Json, type LongNumbers, mismatchedObjectName, toJson, type Value } from "@drydock/cel";
import { schemaNameOf, typeShapeOf } from "@drydock/kube-api";
import { checkKindFields } from "../../../registry/field-validation.ts";
import type { AdmittedResource } from "../../admission.ts";
import { CostBudget, evaluate, OutOfBudget } from "../../expressions/expression.ts";
import { bindVariables, type Variables } from "../../expressions/variables.ts";
import type { CompiledMutation } from "./compile-policy.ts";

/** Upstream's RuntimeCELCostBudget. */
const COST_LIMIT = 10_000_000;

/** A mutation that cannot be made: its policy's failurePolicy decides. */
export class MutationError extends Error {}

/** The kind of what is mutated; without a definition one that is no resource of its own, such as a Scale. */
export type MutatedKind = Pick<AdmittedResource, "schema" | "custom"> | undefined;

/** The object as one mutation leaves it. Throws MutationError, or a StatusError that no policy decides about. */
export async function mutateObject(
  { patchType, expression }: CompiledMutation,
  object: KubeObject,
  kind: MutatedKind,
  variables: Variables,
  base: Bindings,
): Promise<KubeObject> {
  const budget = new CostBudget(COST_LIMIT);
  const bindings = { ...base, variables: bindVariables(variables, base, budget) };
  const result = await evaluate(expression, bindings, budget).catch((error: Error) => {
    throw error instanceof OutOfBudget ? new MutationError(error.message) : error;
  });
  if ("error" in result) throw new MutationError(result.error);
  return patchType === "JSONPatch"
    ? decode(patch(object, result.value), object, kind)
    : apply(object, result.value, kind);
}

function apply(object: KubeObject, value: Value, kind: MutatedKind): KubeObject {
  const mismatch = mismatchedObjectName(value);
  if (mismatch !== undefined) throw new MutationError(`type mismatch: ${mismatch}`);
  const { apiVersion, kind: name } = object;
  const config = { ...(asJson(value, "exact") as object), apiVersion, kind: name };
  const merged = mergeConfiguration(object, config, shapeOf(object, kind));
  if (merged.kind === "refused") throw new MutationError(`error applying patch: ${merged.error}`);
  return merged.value;
}

function shapeOf({ apiVersion, kind: name }: KubeObject, kind: MutatedKind) {
  if (kind?.custom) return kind.custom.shape;
  const schema = kind?.schema ?? schemaNameOf(apiVersion ?? "", name ?? "");
  if (schema === undefined) throw internal(`Resource kind ${apiVersion}, Kind=${name} not found.`);
  return typeShapeOf(schema);
}

function patch(object: KubeObject, value: Value): KubeObject {
  const operations = (value as readonly Value[]).map((item) => {
    const operation = asJson(item, "text");
    const mismatch = isRecord(operation) ? mismatchOf(item) : undefined;
    if (mismatch !== undefined) throw new MutationError(`type mismatch: ${mismatch}`);
    return operation;
  });
  try {
    return applyJsonPatch(object, operations);
  } catch (error) {
    const { message } = error as Error;
    // What the policy wanted to be sure of is not so: then it wants nothing.
    if (message.endsWith("test failed")) return object;
    throw new MutationError(`JSONPath: ${message}`);
  }
}

/** Objects within a patch are named as if what they are put into were the root. */
function mismatchOf(operation: Value): string | undefined {
  const value = (operation as { get?(name: string): Value | undefined }).get?.("value");
  const root = (value as { typeName?: string } | null | undefined)?.typeName;
  return value === undefined || root === undefined ? undefined : mismatchedObjectName(value, root);
}

function asJson(value: Value, longNumbers: LongNumbers): Json {
  try {
    return toJson(value, longNumbers);
  } catch (error) {
    throw new MutationError((error as Error).message);
  }
}

/** A patch may lead anywhere; what its kind does not know is an error. */
function decode(patched: KubeObject, before: KubeObject, kind: MutatedKind): KubeObject {
  if (patched === before || !kind) return patched;
  const { value, unknown, typeErrors } = checkKindFields(patched, kind);
  const [typeError] = typeErrors;
  if (typeError !== undefined) throw internal(typeError);
  if (unknown.length > 0)
    throw internal(
      `strict decoding error: ${unknown.map((path) => `unknown field ${JSON.stringify(path)}`).join(", ")}`,
    );
  return value as unknown as KubeObject;
}
