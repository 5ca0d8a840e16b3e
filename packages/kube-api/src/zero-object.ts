import { type MessageField, messageNamed, messageNameOf } from "./protobuf-messages.ts";
import { referenceOf, resolveSchema, type Schema, schemaOf } from "./schema.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Pointers of the versioned type that are plain numbers where the server keeps the object, and so come out as zero. */
const plainInside: Readonly<Record<string, Fields>> = {
  "io.k8s.api.apps.v1.DeploymentSpec": { replicas: 0 },
  "io.k8s.api.apps.v1.ReplicaSetSpec": { replicas: 0 },
  "io.k8s.api.apps.v1.StatefulSetSpec": { replicas: 0 },
};

const known = new Map<string, Fields>();
const untouched = new Map<string, Fields>();

/** What Go's encoder shows of a struct that nobody has filled: `{"spec":{"containers":null},"status":{}}` of a Pod. Shared: not to be changed. */
export function zeroObject(openApiName: string): Fields {
  let zero = known.get(openApiName);
  if (!zero) {
    zero = makeZero(openApiName);
    known.set(openApiName, zero);
  }
  return zero;
}

function makeZero(openApiName: string): Fields {
  const message = messageNamed(messageNameOf(openApiName));
  const { properties = {} } = schemaOf(openApiName);
  const zero: Record<string, unknown> = { ...plainInside[openApiName] };
  for (const field of message?.byNumber.values() ?? []) {
    const { jsonName = "" } = field;
    const property = properties[jsonName];
    const value = property && zeroField(field, property);
    if (value !== undefined) zero[jsonName] = value;
  }
  return zero;
}

/** The texts, numbers, truths and times of such a struct alone: what server-side apply finds set by nobody. */
export function untouchedObject(openApiName: string): Fields {
  let fields = untouched.get(openApiName);
  if (!fields) {
    const message = messageNamed(messageNameOf(openApiName));
    const { properties = {} } = schemaOf(openApiName);
    fields = Object.fromEntries(
      [...(message?.byNumber.values() ?? [])].flatMap((field) => {
        const { jsonName = "" } = field;
        const value = properties[jsonName] && untouchedField(field, properties[jsonName]);
        return value === undefined ? [] : [[jsonName, value]];
      }),
    );
    untouched.set(openApiName, fields);
  }
  return fields;
}

function untouchedField(field: MessageField, property: Schema): unknown {
  const { presence, isShown, shape, codec } = field;
  if (presence === "pointer" || shape !== "single") return undefined;
  if (isStruct(field, property)) return untouchedObject(referenceOf(property) ?? "");
  return isShown ? (scalars[codec.kind] ?? null) : undefined;
}

function isStruct({ shape }: MessageField, property: Schema): boolean {
  const name = referenceOf(property);
  return name !== undefined && shape === "single" && resolveSchema(property).properties !== undefined;
}

/** Undefined for what is left out. */
function zeroField(field: MessageField, property: Schema): unknown {
  const { presence, isShown, shape, codec } = field;
  if (presence !== "pointer" && isStruct(field, property)) return zeroObject(referenceOf(property) ?? "");
  if (!isShown) return undefined;
  return presence === "pointer" || shape !== "single" ? null : (scalars[codec.kind] ?? null);
}

const scalars: Fields = { string: "", bool: false, int32: 0, int64: 0, double: 0 };
