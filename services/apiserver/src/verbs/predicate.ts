import {
  badRequest,
  type FieldSelector,
  type KubeObject,
  parseFieldSelector,
  parseLabelSelector,
  type Selector,
} from "@drydock/apimachinery";
import type { ResourceDefinition } from "../registry/definition.ts";

/** Which objects of a resource a list or watch is about. */
export interface Predicate {
  readonly isEverything: boolean;
  /** The one name that can match, when the field selector names it. */
  readonly name: string | undefined;
  matches(object: KubeObject): boolean;
}

export function predicateOf(definition: ResourceDefinition, labelText: string, fieldText: string): Predicate {
  const labels = labelText === "" ? undefined : parseLabelSelector(labelText);
  const fields = fieldText === "" ? undefined : parseFieldSelector(fieldText);
  if (fields) assertSelectable(definition, fields);
  return {
    isEverything: (labels?.isEmpty ?? true) && (fields?.isEmpty ?? true),
    name: fields?.requirements.find(({ path, operator }) => path === "metadata.name" && operator === "=")?.value,
    matches: (object) => matchesBoth(definition, object, labels, fields),
  };
}

function matchesBoth(
  definition: ResourceDefinition,
  object: KubeObject,
  labels: Selector | undefined,
  fields: FieldSelector | undefined,
): boolean {
  if (labels && !labels.matches(object.metadata.labels ?? {})) return false;
  return !fields || fields.matches((path) => fieldOf(definition, object, path));
}

function fieldOf(definition: ResourceDefinition, object: KubeObject, path: string): string {
  if (path === "metadata.name") return object.metadata.name;
  if (path === "metadata.namespace") return object.metadata.namespace ?? "";
  return definition.selectableFields?.[path]?.(object) ?? "";
}

/** Kinds with fields of their own refuse others in their own words, the rest in those of all kinds. */
function assertSelectable({ selectableFields }: ResourceDefinition, fields: FieldSelector): void {
  for (const { path } of fields.requirements) {
    if (path === "metadata.name" || path === "metadata.namespace") continue;
    if (selectableFields && Object.hasOwn(selectableFields, path)) continue;
    throw badRequest(
      selectableFields
        ? `field label not supported: ${path}`
        : `${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
}
