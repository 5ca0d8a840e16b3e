import { type CellValue, type Column, humanAge, type KubeObject, stringifyJson } from "@drydock/apimachinery";
import type { V1CustomResourceColumnDefinition } from "@drydock/kube-api";
import { ageColumn, nameColumn } from "../resources/meta/define-kind.ts";
import { type JsonPath, parseJsonPath } from "./json-path.ts";

/** The name, then what a version declares; the age alone when it declares nothing. */
export function printerColumns(
  declared: readonly V1CustomResourceColumnDefinition[] | undefined,
): Column<KubeObject>[] {
  const head = { ...nameColumn, description: "" };
  if (!declared || declared.length === 0) return [nameColumn, customAge];
  return [head, ...declared.map(columnOf)];
}

const customAge: Column<KubeObject> = {
  ...ageColumn,
  type: "date",
  value: ({ metadata }, nowMs) => humanAge(metadata.creationTimestamp, nowMs),
};

function columnOf({
  name,
  type,
  format,
  description,
  priority,
  jsonPath,
}: V1CustomResourceColumnDefinition): Column<KubeObject> {
  const path = parseJsonPath(jsonPath) ?? (() => []);
  return {
    name,
    type: type as Column<KubeObject>["type"],
    format: format ?? "",
    description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: priority ?? 0,
    value: (object, nowMs) => cellOf(type, path, object, nowMs),
  };
}

/** What does not fit its column's type is left empty. */
function cellOf(type: string, path: JsonPath, object: KubeObject, nowMs: number): CellValue {
  const found = path(object).filter((value) => value !== undefined && value !== null);
  const [first] = found;
  if (first === undefined) return null;
  switch (type) {
    case "integer":
      return typeof first === "bigint" ? first : typeof first === "number" ? Math.trunc(first) : null;
    case "number":
      return typeof first === "number" ? first : typeof first === "bigint" ? Number(first) : null;
    case "boolean":
      return typeof first === "boolean" ? first : null;
    case "date":
      return typeof first === "string" ? dateCell(first, nowMs) : null;
    default:
      return found.map(textOf).join(" ");
  }
}

function dateCell(text: string, nowMs: number): string {
  return Number.isNaN(Date.parse(text)) ? "<invalid>" : humanAge(text, nowMs);
}

function textOf(value: unknown): string {
  return typeof value === "object" ? stringifyJson(value) : String(value);
}
