import type { LabelSelector } from "./meta.ts";
import { isQualifiedName, isValidLabelValue } from "./names.ts";
import { badRequest, type StatusError } from "./status-error.ts";

export type SelectorOperator = "=" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

/** A conjunction of requirements on labels. */
export interface Selector {
  readonly requirements: readonly Requirement[];
  /** True when it has no requirement and so matches everything. */
  readonly isEmpty: boolean;
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** The text form, requirements sorted by key. */
  toString(): string;
}

function selectorOf(requirements: readonly Requirement[]): Selector {
  const sorted = [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return {
    requirements: sorted,
    isEmpty: sorted.length === 0,
    matches: (labels) => sorted.every((requirement) => matchesRequirement(requirement, labels ?? {})),
    toString: () => sorted.map(formatRequirement).join(","),
  };
}

/** Matches no object: what an absent LabelSelector means. */
const nothingSelector: Selector = {
  requirements: [],
  isEmpty: false,
  matches: () => false,
  toString: () => "<none>",
};

function matchesRequirement(requirement: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case "=":
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !requirement.values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
      return compareIntegers(value, requirement.values[0], (a, b) => a > b);
    case "lt":
      return compareIntegers(value, requirement.values[0], (a, b) => a < b);
  }
}

function compareIntegers(
  a: string | undefined,
  b: string | undefined,
  holds: (a: bigint, b: bigint) => boolean,
): boolean {
  const integer = /^[+-]?[0-9]+$/;
  if (a === undefined || b === undefined || !integer.test(a) || !integer.test(b)) return false;
  return holds(BigInt(a.replace("+", "")), BigInt(b.replace("+", "")));
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "=":
    case "!=":
      return `${key}${operator}${values[0] ?? ""}`;
    case "gt":
      return `${key}>${values[0] ?? ""}`;
    case "lt":
      return `${key}<${values[0] ?? ""}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${[...values].sort().join(",")})`;
  }
}

const objectOperators: Readonly<Record<string, SelectorOperator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/** The selector of a `LabelSelector` value: absent selects nothing, empty selects everything. */
export function labelSelectorFromObject(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return nothingSelector;
  const labels = Object.entries(selector.matchLabels ?? {});
  const expressions = selector.matchExpressions ?? [];
  return selectorOf([
    ...labels.map(([key, value]): Requirement => ({ key, operator: "=", values: [value] })),
    ...expressions.map(({ key, operator, values }): Requirement => {
      const known = objectOperators[operator];
      if (known === undefined) throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`);
      return { key, operator: known, values: values ?? [] };
    }),
  ]);
}

/** The selector of a plain label map (Service, ReplicationController): an empty map selects everything. */
export function labelSelectorFromMap(labels: Readonly<Record<string, string>> | undefined): Selector {
  return selectorOf(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: "=", values: [value] })));
}

/** Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`. Throws a 400 StatusError for bad text. */
export function parseLabelSelector(text: string): Selector {
  const parser = new SelectorParser(tokenize(text));
  const requirements = parser.parse();
  for (const requirement of requirements) checkRequirement(requirement);
  return selectorOf(requirements);
}

function checkRequirement({ key, operator, values }: Requirement): void {
  const messages = isQualifiedName(key);
  if (messages.length > 0) throw parseError(`key: Invalid value: ${JSON.stringify(key)}: ${messages.join("; ")}`);
  if (operator === "gt" || operator === "lt") {
    const isInteger = /^[+-]?[0-9]+$/.test(values[0] ?? "");
    if (!isInteger) {
      throw parseError(
        `values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
  }
  for (const [index, value] of values.entries()) {
    const bad = isValidLabelValue(value);
    if (bad.length > 0) {
      throw parseError(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${bad.join("; ")}`);
    }
  }
}

function parseError(message: string): StatusError {
  return badRequest(`unable to parse requirement: ${message}`);
}

const symbols = new Set(["(", ")", ",", "!", "=", "==", "!=", ">", "<"]);

function tokenize(text: string): string[] {
  return text.match(/[!=]=|[(),!=<>]|[^\s(),!=<>]+/g) ?? [];
}

class SelectorParser {
  readonly #tokens: readonly string[];
  #position = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    const first = this.#peek();
    if (first === undefined) return requirements;
    if (symbols.has(first) && first !== "!")
      throw badRequest(`found '${first}', expected: !, identifier, or 'end of string'`);
    for (;;) {
      requirements.push(this.#requirement());
      const separator = this.#next();
      if (separator === undefined) return requirements;
      if (separator !== ",") throw badRequest(`found '${separator}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (following === undefined || (symbols.has(following) && following !== "!")) {
        throw badRequest(`found '${following ?? ""}', expected: identifier after ','`);
      }
    }
  }

  #peek(): string | undefined {
    return this.#tokens[this.#position];
  }

  #next(): string | undefined {
    const token = this.#tokens[this.#position];
    this.#position += 1;
    return token;
  }

  #unexpected(found: string, expected: string): StatusError {
    return parseError(`found '${found}', expected: ${expected}`);
  }

  #key(): string {
    const token = this.#next();
    if (token === undefined || symbols.has(token)) throw this.#unexpected(token ?? "", "identifier");
    return token;
  }

  #requirement(): Requirement {
    if (this.#peek() === "!") {
      this.#next();
      return { key: this.#key(), operator: "!", values: [] };
    }
    const key = this.#key();
    const operator = this.#peek();
    if (operator === undefined || operator === ",") return { key, operator: "exists", values: [] };
    this.#next();
    switch (operator) {
      case "=":
      case "==":
        return { key, operator: "=", values: [this.#exactValue()] };
      case "!=":
        return { key, operator: "!=", values: [this.#exactValue()] };
      case ">":
        return { key, operator: "gt", values: [this.#exactValue()] };
      case "<":
        return { key, operator: "lt", values: [this.#exactValue()] };
      case "in":
      case "notin":
        return { key, operator, values: this.#valueSet() };
      default:
        throw this.#unexpected(operator, "in, notin, =, ==, !=, gt, lt");
    }
  }

  /** One value; nothing before a comma or the end is the empty string. */
  #exactValue(): string {
    const token = this.#peek();
    if (token === undefined || token === ",") return "";
    if (symbols.has(token)) throw this.#unexpected(token, "identifier");
    this.#next();
    return token;
  }

  #valueSet(): string[] {
    const open = this.#next();
    if (open !== "(") throw this.#unexpected(open ?? "", "'('");
    const values: string[] = [];
    for (;;) {
      values.push(this.#exactSetValue());
      const separator = this.#next();
      if (separator === ")") return [...new Set(values)];
      if (separator !== ",") throw this.#unexpected(separator ?? "", "',' or ')'");
    }
  }

  #exactSetValue(): string {
    const token = this.#peek();
    if (token === "," || token === ")") return "";
    if (token === undefined || symbols.has(token)) throw this.#unexpected(token ?? "", "identifier");
    this.#next();
    return token;
  }
}
