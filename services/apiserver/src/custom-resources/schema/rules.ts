import { deepEqual, type FieldError, FieldPath, fieldErrors, omittedValue } from "@drydock/apimachinery";
import {
  adaptJson,
  compileCel,
  EvaluationError,
  Optional,
  optionalType,
  type Program,
  schemaType,
  type Value,
} from "@drydock/cel";
import { isObject, type Structural, schemaOfField, type ValidationRule } from "./structural.ts";
import { oldItemsOf } from "./validate-value.ts";

/** Upstream's budgets, in cel-go's units: for all rules of one object. */
const objectCostLimit = 10_000_000;

interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program | undefined;
  readonly error: string;
  readonly message: Program | undefined;
  /** Refers to the value before: judges updates only, unless it says otherwise. */
  readonly isTransition: boolean;
}

/** A schema with its rules compiled; only parts below which there are rules. */
export interface RuleTree {
  readonly rules: readonly CompiledRule[];
  readonly schema: Structural;
  readonly fields: ReadonlyMap<string, RuleTree>;
  readonly items: RuleTree | undefined;
  readonly values: RuleTree | undefined;
}

/** Undefined when a schema has no rules at all. `isRoot`: what every object has is there to be read, too. */
export function compileRules(schema: Structural, isRoot = true): RuleTree | undefined {
  const visible = isRoot ? ({ ...schema, "x-kubernetes-embedded-resource": true } as Structural) : schema;
  const rules = (schema["x-kubernetes-validations"] ?? []).map((rule) => compileRule(rule, visible));
  const fields = new Map<string, RuleTree>();
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const tree = compileRules(field, false);
    if (tree) fields.set(name, tree);
  }
  const items = schema.items && compileRules(schema.items, false);
  const { additionalProperties } = schema;
  const values = typeof additionalProperties === "object" ? compileRules(additionalProperties, false) : undefined;
  const isEmpty = rules.length === 0 && fields.size === 0 && !items && !values;
  return isEmpty ? undefined : { rules, schema: visible, fields, items, values };
}

function compileRule(rule: ValidationRule, schema: Structural): CompiledRule {
  const self = schemaType(schema, "selfType");
  const environment = { variables: { self, oldSelf: rule.optionalOldSelf ? optionalType(self) : self } };
  const compiled = compileCel(rule.rule, environment);
  const message = rule.messageExpression === undefined ? undefined : compileCel(rule.messageExpression, environment);
  return {
    rule,
    program: compiled.ok ? compiled.program : undefined,
    error: compiled.ok ? "" : compiled.error,
    message: message?.ok ? message.program : undefined,
    isTransition: compiled.ok && compiled.program.references.has("oldSelf"),
  };
}

/** Judges an object by the rules of its schema; unchanged parts that fail only rules without oldSelf are let be (ratcheting). */
export function validateRules(tree: RuleTree, value: unknown, old?: unknown): FieldError[] {
  const session = new RuleSession();
  session.visit(tree, value, old, FieldPath.root);
  return session.errors;
}

class RuleSession {
  readonly errors: FieldError[] = [];
  #budget = objectCostLimit;

  visit(tree: RuleTree, value: unknown, old: unknown, path: FieldPath): void {
    if (this.#budget < 0 || value === null || value === undefined) return;
    if (tree.rules.length > 0) this.#runAll(tree, value, old, path);
    if (Array.isArray(value) && tree.items) {
      const olds = oldItemsOf(value, old, tree.schema);
      for (const [index, item] of value.entries()) this.visit(tree.items, item, olds[index], path.index(index));
    }
    if (!isObject(value)) return;
    for (const [name, item] of Object.entries(value)) {
      const isDeclared = schemaOfField({ properties: tree.schema.properties }, name) !== undefined;
      const field = isDeclared ? tree.fields.get(name) : tree.values;
      const before = isObject(old) ? old[name] : undefined;
      if (field) this.visit(field, item, before, isDeclared ? path.child(name) : path.key(name));
    }
  }

  #runAll(tree: RuleTree, value: unknown, old: unknown, path: FieldPath): void {
    const isUnchanged = old !== undefined && deepEqual(value, old);
    const self = attempt(() => adaptJson(value, tree.schema));
    const before = old === undefined || old === null ? undefined : attempt(() => adaptJson(old, tree.schema));
    // A text that is not of its format: that is told elsewhere, and there is nothing that a rule could judge.
    if (self instanceof EvaluationError || before instanceof EvaluationError) return;
    for (const compiled of tree.rules) {
      if (this.#budget < 0) return;
      if (compiled.isTransition && before === undefined && !compiled.rule.optionalOldSelf) continue;
      if (isUnchanged && !compiled.isTransition) continue;
      this.#run(compiled, self, before, value, path);
    }
  }

  #run(compiled: CompiledRule, self: Value, before: Value | undefined, value: unknown, path: FieldPath): void {
    const { rule, program } = compiled;
    const shown = typeof value === "object" ? omittedValue : value;
    if (!program) return this.#fail(fieldErrors.invalid(path, shown, `rule compile error: ${compiled.error}`));
    const bindings = { self, oldSelf: rule.optionalOldSelf ? new Optional(before) : (before ?? null) };
    const result = program.evaluate(bindings);
    this.#budget -= result.cost;
    if (this.#budget < 0)
      return this.#fail(
        fieldErrors.invalid(
          path,
          shown,
          "validation failed due to running out of cost budget, no further validation rules will be run",
        ),
      );
    if (!result.ok) {
      const why = result.reason === "budget" ? "call cost exceeds limit for rule" : "error when executing the rule";
      return this.#fail(fieldErrors.invalid(path, shown, `${why}: ${ruleText(rule)}: ${result.error}`));
    }
    if (result.value === true) return;
    this.#fail(reasonError(pathWithin(path, rule.fieldPath), shown, messageOf(compiled, bindings), rule.reason));
  }

  #fail(error: FieldError): void {
    this.errors.push(error);
  }
}

function attempt(adapt: () => Value): Value | EvaluationError {
  try {
    return adapt();
  } catch (error) {
    if (error instanceof EvaluationError) return error;
    throw error;
  }
}

function messageOf({ rule, message }: CompiledRule, bindings: Readonly<Record<string, Value>>): string {
  const made = message?.evaluate(bindings);
  if (made?.ok && typeof made.value === "string" && made.value.trim() !== "" && !/[\n\r]/.test(made.value))
    return made.value;
  return rule.message?.trim() || `failed rule: ${ruleText(rule)}`;
}

function ruleText({ rule }: ValidationRule): string {
  return rule.trim();
}

function reasonError(path: FieldPath, value: unknown, detail: string, reason: string | undefined): FieldError {
  switch (reason) {
    case "FieldValueForbidden":
      return fieldErrors.forbidden(path, detail);
    case "FieldValueRequired":
      return fieldErrors.required(path, detail);
    case "FieldValueDuplicate":
      return { ...fieldErrors.duplicate(path, value), detail };
    default:
      return fieldErrors.invalid(path, value, detail);
  }
}

/** `.a.b['c']`, relative to the place of the rule. */
function pathWithin(path: FieldPath, relative: string | undefined): FieldPath {
  let at = path;
  for (const [, name, key] of (relative ?? "").matchAll(/\.([A-Za-z_][\w-]*)|\['((?:[^'\\]|\\.)*)'\]/g))
    at = name === undefined ? at.key(key ?? "") : at.child(name);
  return at;
}
