import { isRecord } from "@drydock/apimachinery";
import { type MessageField, messageNamed, messageNameOf } from "./protobuf-messages.ts";
import { referenceOf, resolveSchema, type Schema, schemaOf } from "./schema.ts";

/** Makes a part of an object what it would be after a journey through its Go type, in place. `isNew`: it was not there before. */
type Fill = (value: Record<string, unknown>, isNew?: boolean) => void;

const fills = new Map<string, Fill>();
const nothing: Fill = () => {};

/**
 * Makes an object what Go's encoder would show of it: structs that are values and not pointers are always there, empty at least, for whoever
 * validates, compares or reads the object (`spec: {}`, `resources: {}`); what is empty or zero is left out where the type says so. `isNew`: nobody
 * has given the object, so that zeros are there too.
 */
export function fillValues(object: Record<string, unknown>, openApiName: string, isNew = false): void {
  fillOf(openApiName)(object, isNew);
}

function fillOf(openApiName: string): Fill {
  const known = fills.get(openApiName);
  if (known) return known;
  // A type may hold itself.
  let made: Fill = nothing;
  fills.set(openApiName, (value, isNew) => made(value, isNew));
  made = makeFill(openApiName);
  fills.set(openApiName, made);
  return made;
}

function makeFill(openApiName: string): Fill {
  const message = messageNamed(messageNameOf(openApiName));
  const { properties } = schemaOf(openApiName);
  if (!message || !properties) return nothing;
  const fields = new Map([...message.byNumber.values()].map((field) => [field.jsonName, field]));
  const steps = Object.entries(properties).flatMap(([name, property]) => {
    const field = fields.get(name);
    return field ? [zeroStep(name, field), structStep(name, property, field)].filter((step) => step !== undefined) : [];
  });
  if (steps.length === 0) return nothing;
  return (value, isNew) => {
    for (const step of steps) step(value, isNew);
  };
}

/** Leaves out zeros that are not shown; shows those that are, in a struct that nobody gave. */
function zeroStep(name: string, { presence, shape, codec }: MessageField): Fill | undefined {
  if (presence === "pointer") return undefined;
  if (presence === "omitempty") {
    if (shape === "single" && codec.kind === "message") return undefined;
    return (value) => {
      if (isZero(value[name])) delete value[name];
    };
  }
  // A list that is shown even when it is empty, for whoever goes through it.
  if (shape === "list")
    return (value) => {
      value[name] ??= [];
    };
  const zero = shape === "single" ? zeros[codec.kind] : undefined;
  if (zero === undefined) return undefined;
  return (value, isNew) => {
    if (isNew) value[name] ??= zero;
  };
}

const zeros: Readonly<Record<string, unknown>> = { string: "", bool: false, int32: 0, int64: 0 };

function isZero(value: unknown): boolean {
  if (value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && value !== null && isEmpty(value);
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

function structStep(name: string, property: Schema, { presence }: MessageField): Fill | undefined {
  const items = property.items ?? property.additionalProperties;
  const type = structName(items ?? property);
  if (type === undefined) return undefined;
  const fill = fillOf(type);
  if (items)
    return (value) => {
      const container = value[name];
      if (typeof container !== "object" || container === null) return;
      for (const item of Object.values(container)) if (isRecord(item)) fill(item);
    };
  return (value) => {
    const isNew = value[name] === undefined && presence !== "pointer";
    if (isNew) value[name] = {};
    const inner = value[name];
    if (isRecord(inner)) fill(inner, isNew);
  };
}

/** Undefined for what is no struct, or writes itself. */
function structName(schema: Schema): string | undefined {
  const name = referenceOf(schema);
  return name !== undefined && resolveSchema(schema).properties !== undefined ? name : undefined;
}
