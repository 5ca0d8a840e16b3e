import { mergeValues } from "./merge-values.ts";
import { isRecord } from "./path-element.ts";
import type { TypeShape } from "./type-shape.ts";

export type MergeVerdict<T> =
  | { readonly kind: "merged"; readonly value: T }
  | { readonly kind: "refused"; readonly error: string };

/**
 * `live` with what `config` sets, nobody owning anything: how admission policies apply their configurations. What would be replaced as
 * a whole is refused, since a configuration may well be meant to set a part of it.
 */
export function mergeConfiguration<T>(live: T, config: unknown, shape: TypeShape): MergeVerdict<T> {
  const { unknown, atoms } = inspect(config, shape, "", { unknown: [], atoms: [] });
  if (unknown[0] !== undefined) {
    const error = `failed to convert patch object to typed object: ${unknown[0]}: field not declared in schema`;
    return { kind: "refused", error };
  }
  if (atoms.length > 0) {
    const error = `invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atoms.join(", ")}`;
    return { kind: "refused", error };
  }
  return { kind: "merged", value: mergeValues(live, config, shape) as T };
}

interface Paths {
  readonly unknown: string[];
  readonly atoms: string[];
}

function inspect(value: unknown, shape: TypeShape, path: string, found: Paths): Paths {
  if (!isRecord(value) && !Array.isArray(value)) return found;
  if (shape.kind === "atom") {
    found.atoms.push(path);
    return found;
  }
  if (Array.isArray(value)) {
    if (shape.kind === "keyed-list")
      for (const [index, item] of value.entries()) inspect(item, shape.item, `${path}[${index}]`, found);
    return found;
  }
  for (const [name, item] of Object.entries(value)) {
    const at = `${path}.${name}`;
    const own = shape.kind === "struct" ? shape.field(name) : shape.kind === "map" ? shape.value : undefined;
    if (own) inspect(item, own, at, found);
    else found.unknown.push(at);
  }
  return found;
}
