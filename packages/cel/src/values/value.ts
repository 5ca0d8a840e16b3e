/**
 * A value of CEL: int is bigint, double is number, a list is an array, null is null; everything else is a class of its own. Values do not
 * change once made.
 */
export type Value =
  | bigint
  | number
  | string
  | boolean
  | null
  | Uint
  | Uint8Array
  | readonly Value[]
  | MapValue
  | Timestamp
  | Duration
  | Optional
  | TypeValue
  | OpaqueValue;

export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since the epoch. */
export class Timestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** What `type(x)` yields. */
export class TypeValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A value of a function library. */
export abstract class OpaqueValue {
  abstract readonly typeName: string;
  abstract equals(other: OpaqueValue): boolean;
}

/** A map, or an object with named fields when it has a type's name. */
export abstract class MapValue {
  /** Of an object; undefined for a map. */
  readonly typeName: string | undefined = undefined;
  /** May compute the entry when it is asked for; throws EvaluationError when that fails. */
  abstract get(key: Value): Value | undefined;
  abstract has(key: Value): boolean;
  abstract keys(): readonly Value[];
  abstract get size(): number;
}

/** What goes wrong while an expression runs; `&&`, `||` and the quantifiers may absorb it. */
export class EvaluationError extends Error {}
