import { readFile } from "node:fs/promises";

/** Message name → field name → [number, type]; types are `string`, `[]X`, `map<string, X>`, or a (relative) message name. */
export type ProtobufFacts = Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>>;

export async function readProtobufFacts(): Promise<ProtobufFacts> {
  return JSON.parse(await readFile(new URL("../facts/protobuf-fields.json", import.meta.url), "utf8"));
}

const scalars = new Set(["string", "bool", "bytes", "int32", "int64", "double"]);

/** `.k8s.io.X`, `X` (same package as `message`) or a full name → full name; scalars unchanged. */
function resolveMessage(type: string, message: string): string {
  if (scalars.has(type)) return type;
  if (type.startsWith(".")) return type.slice(1);
  if (type.startsWith("k8s.io.")) return type;
  return `${message.slice(0, message.lastIndexOf("."))}.${type}`;
}

/** Field types of a message with embedded messages (absent from the JSON form) folded in; full names throughout. */
export function flattenFields(
  facts: ProtobufFacts,
  message: string,
  jsonNames: ReadonlySet<string>,
): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, [, type]] of Object.entries(facts[message] ?? {})) {
    const jsonName = [...jsonNames].find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    if (jsonName !== undefined) {
      fields.set(jsonName, resolveType(type, message));
    } else if (facts[resolveMessage(type, message)] !== undefined) {
      for (const [inner, innerType] of flattenFields(facts, resolveMessage(type, message), jsonNames)) {
        fields.set(inner, innerType);
      }
    }
  }
  return fields;
}

function resolveType(type: string, message: string): string {
  if (type.startsWith("[]")) return `[]${resolveMessage(type.slice(2), message)}`;
  const map = /^map<string, (.*)>$/.exec(type);
  if (map?.[1] !== undefined) return `map<string, ${resolveMessage(map[1], message)}>`;
  return resolveMessage(type, message);
}
