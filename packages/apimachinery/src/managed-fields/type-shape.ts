/**
 * How a value is merged and owned, piece by piece, as server-side apply sees it (structured-merge-diff's schema):
 * atoms are owned whole; structs, maps and keyed lists item by item.
 */
export type TypeShape =
  | {
      readonly kind: "atom";
      /** A struct or list owned whole that is always there, empty perhaps. */
      readonly isValue?: boolean;
    }
  /** Known fields; what is not among them counts as an atom. */
  | {
      readonly kind: "struct";
      /** Where it belongs it is always there, empty perhaps: it neither comes nor goes (a Go struct that is no pointer). */
      readonly isValue?: boolean;
      field(name: string): TypeShape | undefined;
    }
  | { readonly kind: "map"; readonly value: TypeShape }
  /** A list whose items are told apart by some of their fields. */
  | {
      readonly kind: "keyed-list";
      /** As for structs: a list that is written even when it is empty. */
      readonly isValue?: boolean;
      readonly keys: readonly string[];
      readonly item: TypeShape;
    }
  /** A list of different scalars. */
  | { readonly kind: "set" };

export const atom: TypeShape = { kind: "atom" };

/** Key fields that may be left out because the API has a default for them. */
const keyDefaults: Readonly<Record<string, unknown>> = { protocol: "TCP" };

/** The fields that tell an item of a keyed list from its siblings; undefined when it has none of them. */
export function keyOfItem(keys: readonly string[], item: unknown): Record<string, unknown> | undefined {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return undefined;
  const fields = item as Record<string, unknown>;
  const key: Record<string, unknown> = {};
  let isFound = false;
  for (const name of keys) {
    if (fields[name] !== undefined && fields[name] !== null) isFound = true;
    const value = fields[name] ?? keyDefaults[name];
    if (value !== undefined) key[name] = value;
  }
  return isFound ? key : undefined;
}
