/** How long a text or a list may be, or how many entries a map may have. */
export interface Size {
  readonly min: number;
  readonly max: number;
}

/** cel-go counts in 64 bits, and stays there. */
const LIMIT = 2 ** 64;

export const unknownSize: Size = { min: 0, max: LIMIT };

export function fixedSize(size: number): Size {
  return { min: size, max: size };
}

export function add(a: number, b: number): number {
  return Math.min(a + b, LIMIT);
}

export function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : Math.min(a * b, LIMIT);
}

/** Rounded up. */
export function times(size: number, factor: number): number {
  return Math.min(Math.ceil(size * factor), LIMIT);
}

export function addSizes(a: Size, b: Size): Size {
  return { min: add(a.min, b.min), max: add(a.max, b.max) };
}

export function multiplySizes(a: Size, b: Size): Size {
  return { min: multiply(a.min, b.min), max: multiply(a.max, b.max) };
}

export function unionOf(a: Size, b: Size): Size {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

/** Of what a list or map holds. */
export interface EntrySize {
  readonly isList: boolean;
  readonly key: Size;
  readonly value: Size;
}

export function unionOfEntries(a: EntrySize | undefined, b: EntrySize | undefined): EntrySize | undefined {
  if (!a || !b) return undefined;
  return { isList: a.isList, key: unionOf(a.key, b.key), value: unionOf(a.value, b.value) };
}
