import { type CelType, dyn, isDyn, listType, mapType, optionalType } from "./cel-type.ts";

/** What the parameters of a signature stand for in one call. */
export type Substitution = Map<string, CelType>;

/** Whether a value of type `from` may be used where `to` is expected; decides the parameters of `to` on the way. */
export function isAssignable(from: CelType, to: CelType, bound: Substitution): boolean {
  if (to.kind === "param") return assignToParam(from, to.name, bound);
  if (isDyn(from) || isDyn(to) || from.kind === "param") return true;
  if (from.kind === "simple" && from.name === "null_type" && to.kind !== "simple")
    return to.kind === "object" || to.kind === "opaque";
  if (from.kind === "list" && to.kind === "list") return isAssignable(from.element, to.element, bound);
  if (from.kind === "optional" && to.kind === "optional") return isAssignable(from.element, to.element, bound);
  if (from.kind === "map" && to.kind === "map")
    return isAssignable(from.key, to.key, bound) && isAssignable(from.value, to.value, bound);
  if (from.kind !== to.kind) return false;
  return "name" in from && "name" in to && from.name === to.name;
}

function assignToParam(from: CelType, name: string, bound: Substitution): boolean {
  const known = bound.get(name);
  if (!known) {
    bound.set(name, from);
    return true;
  }
  if (isDyn(known)) return true;
  if (isNull(from) && acceptsNull(known)) return true;
  if (isNull(known) && acceptsNull(from)) return bound.set(name, from) !== undefined;
  if (!isAssignable(from, known, bound)) return false;
  bound.set(name, isLooser(from, known) ? from : known);
  return true;
}

function isNull(type: CelType): boolean {
  return type.kind === "simple" && type.name === "null_type";
}

function acceptsNull(type: CelType): boolean {
  return type.kind === "object" || type.kind === "opaque" || isNull(type);
}

/** dyn, or dyn within. */
function isLooser(type: CelType, than: CelType): boolean {
  if (isDyn(type)) return true;
  if (type.kind === "list" && than.kind === "list") return isLooser(type.element, than.element);
  if (type.kind === "map" && than.kind === "map")
    return isLooser(type.value, than.value) || isLooser(type.key, than.key);
  return false;
}

/** The type with its parameters replaced; those that nothing decided are dyn. */
export function substitute(type: CelType, bound: Substitution): CelType {
  switch (type.kind) {
    case "param": {
      const known = bound.get(type.name);
      return known && known !== type ? substitute(known, bound) : dyn;
    }
    case "list":
      return listType(substitute(type.element, bound));
    case "map":
      return mapType(substitute(type.key, bound), substitute(type.value, bound));
    case "optional":
      return optionalType(substitute(type.element, bound));
    default:
      return type;
  }
}

export function isSameType(a: CelType, b: CelType): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === "list" && b.kind === "list") return isSameType(a.element, b.element);
  if (a.kind === "optional" && b.kind === "optional") return isSameType(a.element, b.element);
  if (a.kind === "map" && b.kind === "map") return isSameType(a.key, b.key) && isSameType(a.value, b.value);
  return "name" in a && "name" in b && a.name === b.name;
}
