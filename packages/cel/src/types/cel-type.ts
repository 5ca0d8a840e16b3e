/** What the checker knows about a value. `dyn` is anything; a `param` stands for a type that a call decides. */
export type CelType =
  | { readonly kind: "simple"; readonly name: SimpleName }
  | { readonly kind: "list"; readonly element: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  | { readonly kind: "optional"; readonly element: CelType }
  | { readonly kind: "param"; readonly name: string }
  | ObjectType
  /** A type of a function library, e.g. `kubernetes.Quantity`: no fields, only functions. */
  | { readonly kind: "opaque"; readonly name: string };

export interface ObjectType {
  readonly kind: "object";
  readonly name: string;
  /** The type of a field by its name in expressions; undefined for a field that is not declared. */
  field(name: string): CelType | undefined;
}

export type SimpleName =
  | "int"
  | "uint"
  | "double"
  | "bool"
  | "string"
  | "bytes"
  | "null_type"
  | "dyn"
  | "type"
  | "timestamp"
  | "duration";

const simpleNames: readonly SimpleName[] = [
  "int",
  "uint",
  "double",
  "bool",
  "string",
  "bytes",
  "null_type",
  "dyn",
  "type",
  "timestamp",
  "duration",
];

const simpleTypes: ReadonlyMap<string, CelType> = new Map(
  simpleNames.map((name) => [name, { kind: "simple", name } as const]),
);

export function simpleType(name: SimpleName): CelType {
  return simpleTypes.get(name) as CelType;
}

export const dyn = simpleType("dyn");

export function listType(element: CelType): CelType {
  return { kind: "list", element };
}

export function mapType(key: CelType, value: CelType): CelType {
  return { kind: "map", key, value };
}

export function optionalType(element: CelType): CelType {
  return { kind: "optional", element };
}

/** An object with the fields given and no others. */
export function objectType(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return { kind: "object", name, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) };
}

export function isDyn(type: CelType): boolean {
  return type.kind === "simple" && type.name === "dyn";
}

/** cel-go's text of a type, as in its messages. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case "simple":
      return longNames[type.name] ?? type.name;
    case "list":
      return `list(${formatType(type.element)})`;
    case "map":
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case "optional":
      return `optional_type(${formatType(type.element)})`;
    default:
      return type.name;
  }
}

const longNames: Readonly<Partial<Record<SimpleName, string>>> = {
  null_type: "null",
  timestamp: "timestamp",
  duration: "duration",
};

/** A type from its text in a signature: `int`, `list(A)`, `map(string, dyn)`, `kubernetes.URL`; one capital letter is a parameter. */
export function parseType(text: string): CelType {
  const trimmed = text.trim();
  const simple = simpleTypes.get(trimmed);
  if (simple) return simple;
  const generic = /^(\w+)\((.*)\)$/.exec(trimmed);
  if (!generic) return /^[A-Z]$/.test(trimmed) ? { kind: "param", name: trimmed } : { kind: "opaque", name: trimmed };
  const [first, second] = splitTypes(generic[2] as string).map(parseType) as [CelType, CelType];
  if (generic[1] === "list") return listType(first);
  return generic[1] === "map" ? mapType(first, second) : optionalType(first);
}

/** At the commas outside of parentheses. */
export function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const character of text) {
    if (character === "(") depth++;
    if (character === ")") depth--;
    if (character === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  if (part.trim() !== "") parts.push(part);
  return parts;
}
