import { type CelType, parseType, splitTypes } from "../types/cel-type.ts";
import type { Value } from "../values/value.ts";

/** One way to call a function. `params` begins with the receiver when it is a member. */
export interface Overload {
  readonly isMember: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
  /** Throws EvaluationError. */
  readonly run: Implementation;
  /** Steps beyond the call itself. */
  readonly cost: ((args: readonly Value[]) => number) | undefined;
}

export type Implementation = (...args: Value[]) => Value;

export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
}

export type FunctionTable = ReadonlyMap<string, FunctionDeclaration>;

/**
 * Overloads that share an implementation. A signature is `(int, string): bool` for a function, `string.(int): bool` for a member; capital
 * letters are type parameters.
 */
export function overloads(
  signatures: readonly string[],
  run: (...args: never[]) => Value,
  cost?: (args: readonly Value[]) => number,
): Overload[] {
  return signatures.map((signature) => ({ ...parseSignature(signature), run: run as Implementation, cost }));
}

function parseSignature(signature: string): Pick<Overload, "isMember" | "params" | "result"> {
  const end = signature.lastIndexOf("): ");
  const start = openingOf(signature, end);
  const receiver = signature.slice(0, start).replace(/\.$/, "");
  const params = splitTypes(signature.slice(start + 1, end)).map(parseType);
  const result = parseType(signature.slice(end + 3));
  return receiver === ""
    ? { isMember: false, params, result }
    : { isMember: true, params: [parseType(receiver), ...params], result };
}

/** Of the parenthesis that closes at `end`. */
function openingOf(signature: string, end: number): number {
  let depth = 0;
  for (let at = end; at >= 0; at--) {
    if (signature[at] === ")") depth++;
    if (signature[at] === "(" && --depth === 0) return at;
  }
  throw new Error(`no signature: ${signature}`);
}

/** Functions of one library; a name may be declared more than once. */
export type Library = readonly (readonly [name: string, overloads: readonly Overload[]])[];

export function functionTable(libraries: readonly Library[]): FunctionTable {
  const table = new Map<string, FunctionDeclaration>();
  for (const [name, added] of libraries.flat())
    table.set(name, { name, overloads: [...(table.get(name)?.overloads ?? []), ...added] });
  return table;
}

/** cel-go's price of reading a text or a list of that length. */
export function traversalCost(...sizes: number[]): number {
  return Math.ceil(sizes.reduce((sum, size) => sum + size, 0) * 0.1);
}

export function sizeOf(value: Value | undefined): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return value instanceof Uint8Array ? value.length : 1;
}

export function byAllSizes(args: readonly Value[]): number {
  return traversalCost(...args.map(sizeOf));
}
