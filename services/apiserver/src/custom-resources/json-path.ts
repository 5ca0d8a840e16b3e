import { isObject } from "./schema/structural.ts";

/** One step of a path: all the values that it leads to from one. */
type Step = (value: unknown) => unknown[];

export type JsonPath = (object: unknown) => unknown[];

/** kubectl's JSONPath as columns use it: `.a.b`, `['a']`, `[0]`, `[-1]`, `[*]`, `..a`, `[?(@.type=="Ready")]`. Undefined when it cannot be read. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps: Step[] = [];
  let rest = text.replace(/^\$/, "");
  while (rest !== "") {
    const read = readStep(rest);
    if (!read) return undefined;
    steps.push(read.step);
    rest = rest.slice(read.length);
  }
  return (object) => steps.reduce<unknown[]>((values, step) => values.flatMap(step), [object]);
}

function readStep(text: string): { step: Step; length: number } | undefined {
  const deep = /^\.\.([\w-]+)/.exec(text);
  if (deep) return { step: (value) => descendants(value, deep[1] as string), length: deep[0].length };
  const field = /^\.((?:[^.[\]\\]|\\.)+)/.exec(text);
  if (field) return { step: fieldStep((field[1] as string).replace(/\\(.)/g, "$1")), length: field[0].length };
  if (/^\.(?=\[|$)/.test(text)) return { step: (value) => [value], length: 1 };
  const quoted = /^\[(['"])((?:\\.|(?!\1).)*)\1\]/.exec(text);
  if (quoted) return { step: fieldStep((quoted[2] as string).replace(/\\(.)/g, "$1")), length: quoted[0].length };
  const index = /^\[(-?\d+)\]/.exec(text);
  if (index) return { step: indexStep(Number(index[1])), length: index[0].length };
  const all = /^\[\*\]/.exec(text);
  if (all) return { step: children, length: all[0].length };
  const filter = /^\[\?\((.*?)\)\]/.exec(text);
  const matches = filter && parseFilter(filter[1] as string);
  return filter && matches ? { step: (value) => children(value).filter(matches), length: filter[0].length } : undefined;
}

function fieldStep(name: string): Step {
  if (name === "*") return children;
  return (value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []);
}

function indexStep(index: number): Step {
  return (value) => {
    const found = Array.isArray(value) ? value.at(index) : undefined;
    return found === undefined ? [] : [found];
  };
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function descendants(value: unknown, name: string): unknown[] {
  const own = isObject(value) && Object.hasOwn(value, name) ? [value[name]] : [];
  return [...own, ...children(value).flatMap((child) => descendants(child, name))];
}

const comparisons: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => (a as number) < (b as number),
  "<=": (a, b) => (a as number) <= (b as number),
  ">": (a, b) => (a as number) > (b as number),
  ">=": (a, b) => (a as number) >= (b as number),
};

/** `@.type=="Ready"`, or `@.type` alone: whether it is there. */
function parseFilter(text: string): ((value: unknown) => boolean) | undefined {
  const match = /^\s*@(.*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?$/.exec(text);
  const path = match && parseJsonPath(match[1] as string);
  if (!match || !path) return undefined;
  const compare = match[2] === undefined ? undefined : comparisons[match[2]];
  if (!compare) return (value) => path(value).length > 0;
  const literal = literalOf(match[3] as string);
  return (value) => path(value).some((found) => compare(found, literal));
}

function literalOf(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/.exec(text);
  if (quoted) return quoted[2];
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
