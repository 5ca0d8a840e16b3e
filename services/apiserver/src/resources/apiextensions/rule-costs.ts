import { type FieldError, type FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { Structural } from "../../custom-resources/schema/structural.ts";

/** Upstream's limits, in cel-go's units: of one expression, and of all of a version's schema. */
const EXPRESSION_COST_MAX = 10_000_000;
const SCHEMA_COST_MAX = 100_000_000;
/** Of the rules that cost most, and at least a hundredth of the limit, this many are named. */
const NAMED_MAX = 4;
const MAX_UINT = 2 ** 64;

/** How often the part of a schema may stand in one object, as far as its parents bound it; undefined if they do not. */
export type Cardinality = number | undefined;

export function cardinalityBelow(schema: Structural, cardinality: Cardinality): Cardinality {
  if (cardinality === undefined) return undefined;
  const isMap = schema.type === "object" && schema.additionalProperties !== undefined;
  if (!isMap && schema.type !== "array") return cardinality;
  const limit = isMap ? schema.maxProperties : schema.maxItems;
  return limit === undefined ? undefined : timesCapped(cardinality, Math.max(0, Number(limit)));
}

export function timesCapped(cost: number, cardinality: number): number {
  return cost === 0 ? 0 : Math.min(cost * cardinality, MAX_UINT);
}

/** What the rules of a schema may cost all together. */
export class RuleCosts {
  /** The schema is as it was stored: what was taken once is not refused for one expression. */
  readonly #isUnchanged: boolean;
  #total = 0;
  readonly #expensive: { readonly path: FieldPath; readonly cost: number }[] = [];

  constructor(isUnchanged: boolean) {
    this.#isUnchanged = isUnchanged;
  }

  observe(path: FieldPath, name: string, cost: number): FieldError | undefined {
    this.#total = Math.min(this.#total + cost, MAX_UINT);
    if (cost >= SCHEMA_COST_MAX / 100) this.#expensive.push({ path, cost });
    if (this.#isUnchanged || cost <= EXPRESSION_COST_MAX) return undefined;
    return fieldErrors.forbidden(path, excess(name, cost, EXPRESSION_COST_MAX));
  }

  /** Of the whole, once all rules have been seen. */
  errors(path: FieldPath): FieldError[] {
    if (this.#total <= SCHEMA_COST_MAX) return [];
    const named = this.#expensive.toSorted((a, b) => b.cost - a.cost).slice(0, NAMED_MAX);
    const why = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
    const name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    return [
      ...named.map((rule) => fieldErrors.forbidden(rule.path, why)),
      fieldErrors.forbidden(path, excess(name, this.#total, SCHEMA_COST_MAX)),
    ];
  }
}

function excess(name: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const text = factor > 100 ? "more than 100x" : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${name} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
