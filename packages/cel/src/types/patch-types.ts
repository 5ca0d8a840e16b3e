import { type CelType, dyn, objectType, simpleType } from "./cel-type.ts";

const string = simpleType("string");
const jsonPatch = objectType("JSONPatch", { op: string, path: string, from: string, value: dyn });

/** The types that mutating expressions construct: `JSONPatch`, and `Object` with all that is named by a path below it. */
export function patchType(name: string): CelType | undefined {
  if (name === "JSONPatch") return jsonPatch;
  return name === "Object" || name.startsWith("Object.") ? { kind: "object", name, field: () => dyn } : undefined;
}
