import { EvaluationError, MapValue, Uint, type Value } from "./value.ts";

/** A map made by an expression. Numbers that are equal are the same key, whatever their type. */
export class NativeMap extends MapValue {
  readonly #entries: ReadonlyMap<string, readonly [Value, Value]>;
  override readonly typeName: string | undefined;

  private constructor(entries: ReadonlyMap<string, readonly [Value, Value]>, typeName: string | undefined) {
    super();
    this.#entries = entries;
    this.typeName = typeName;
  }

  /** A later entry replaces an earlier one with the same key. */
  static of(entries: Iterable<readonly [Value, Value]>, typeName?: string): NativeMap {
    return new NativeMap(new Map([...entries].map((entry) => [keyOf(entry[0]), entry])), typeName);
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(keyOf(key));
  }

  keys(): readonly Value[] {
    return [...this.#entries.values()].map(([key]) => key);
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** Equal for equal keys only. */
export function keyOf(key: Value): string {
  if (key instanceof Uint) return `n${key.value}`;
  if (typeof key === "bigint") return `n${key}`;
  if (typeof key === "number") return Number.isInteger(key) ? `n${BigInt(key)}` : `n${key}`;
  return `${(typeof key)[0]}${String(key)}`;
}

/** An object whose fields are computed when an expression first asks for them, and never twice. */
export class LazyObject extends MapValue {
  readonly #fields: ReadonlyMap<string, () => Value>;
  readonly #known = new Map<string, { readonly value: Value } | { readonly error: unknown }>();
  override readonly typeName: string;

  constructor(typeName: string, fields: ReadonlyMap<string, () => Value>) {
    super();
    this.typeName = typeName;
    this.#fields = fields;
  }

  get(key: Value): Value | undefined {
    const name = String(key);
    const compute = this.#fields.get(name);
    if (!compute) return undefined;
    let known = this.#known.get(name);
    if (!known) {
      known = attempt(compute);
      this.#known.set(name, known);
    }
    if ("error" in known) throw known.error;
    return known.value;
  }

  has(key: Value): boolean {
    return this.#fields.has(String(key));
  }

  keys(): readonly Value[] {
    return [...this.#fields.keys()];
  }

  get size(): number {
    return this.#fields.size;
  }
}

/** What goes wrong stays wrong; anything else that is thrown, such as the wait for an authorizer, is no result. */
function attempt(compute: () => Value): { value: Value } | { error: unknown } {
  try {
    return { value: compute() };
  } catch (error) {
    if (error instanceof EvaluationError) return { error };
    throw error;
  }
}
