import {
  badRequest,
  goWordOf,
  type KubeObject,
  parseJson,
  StatusError,
  unsupportedMediaType,
} from "@drydock/apimachinery";
import { decodeProtobuf, hasProtobuf, type NumberTexts, ProtobufDecodeError } from "@drydock/kube-api";
import type { FieldValidation } from "../registry/call-options.ts";
import { cannotBeHandled, checkObjectFields, duplicateFields, type ObjectKind } from "../registry/field-validation.ts";
import { keyPaths } from "./key-paths.ts";
import { parseYaml } from "./parse-yaml.ts";

const textMediaTypes = ["application/json", "application/yaml"] as const;
const yamlMediaTypes: ReadonlySet<string> = new Set(["application/yaml", "application/x-yaml", "text/yaml"]);
const protobufMediaType = "application/vnd.kubernetes.protobuf";

/** Kinds without protobuf messages are those of custom resources. */
function acceptedMediaTypes(expected: Pick<ObjectKind, "schema">): readonly string[] {
  return hasProtobuf(expected.schema) ? [...textMediaTypes, protobufMediaType] : textMediaTypes;
}

interface DecodedBody {
  readonly value: unknown;
  /** What a strict decoder has against the document itself. */
  readonly complaints: readonly string[];
  /** All its keys in their order, where fields stand twice in it. */
  readonly order?: () => readonly string[];
  /** Of JSON, numbers as they were written. */
  readonly numbers?: NumberTexts;
}

/** A request body as an object of the kind this endpoint takes, without unknown fields. Errors in the real server's words. */
export function decodeObject(
  bytes: Buffer,
  contentType: string,
  expected: ObjectKind,
  fieldValidation: FieldValidation,
  warn: (text: string) => void,
): KubeObject {
  const { value, complaints, order, numbers } = decodeAs(bytes, contentType, expected);
  if (!isRecord(value)) {
    const type = `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
    throw noKind(expected.kind, bytes, `json: cannot unmarshal ${goWordOf(value)} into Go value of type ${type}`);
  }
  for (const field of ["apiVersion", "kind"]) {
    const text = value[field] ?? "";
    if (typeof text === "string") continue;
    const why = `json: cannot unmarshal ${goWordOf(text)} into Go struct field .${field} of type string`;
    throw noKind(expected.kind, bytes, why);
  }
  const object = value as unknown as KubeObject;
  object.apiVersion ||= apiVersionOf(expected);
  object.kind ||= expected.kind;
  assertKind(object, expected);
  object.metadata ??= { name: "" };
  return checkObjectFields(expected, object, fieldValidation, warn, { complaints, order, numbers });
}

/** A body that is not one of the API's kinds: patches, DeleteOptions. Undefined when it is empty. */
export function decodeLoose(bytes: Buffer, contentType: string): unknown {
  if (bytes.length === 0) return undefined;
  return decodeAs(bytes, contentType, deleteOptions).value;
}

const deleteOptions: ObjectKind = {
  group: "meta.k8s.io",
  version: "v1",
  kind: "DeleteOptions",
  schema: "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
};

function decodeAs(bytes: Buffer, contentType: string, expected: ObjectKind): DecodedBody {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  try {
    switch (type) {
      case "":
      case "application/json":
        return decodeJson(bytes.toString("utf8"));
      case protobufMediaType:
        if (hasProtobuf(expected.schema)) return decodeMessage(bytes, expected);
        break;
      default:
        if (yamlMediaTypes.has(type)) return parseYaml(bytes.toString("utf8"));
    }
  } catch (error) {
    const text = error instanceof StatusError ? error.message : String((error as Error).message);
    if (error instanceof ProtobufDecodeError) throw badMessage(error, bytes, expected);
    // YAML is made JSON of before anybody looks for its kind.
    if (yamlMediaTypes.has(type)) throw unrecognized(expected.kind, bytes, text);
    throw noKind(expected.kind, bytes, text);
  }
  throw unsupportedMediaType(acceptedMediaTypes(expected));
}

function decodeMessage(bytes: Buffer, expected: ObjectKind): DecodedBody {
  const { object } = decodeProtobuf(bytes, { apiVersion: apiVersionOf(expected), kind: expected.kind });
  return { value: object, complaints: [] };
}

/** A message that names its kind is called by it. */
function badMessage({ message, type }: ProtobufDecodeError, bytes: Buffer, expected: ObjectKind): StatusError {
  if (!type) return unrecognized(expected.kind, bytes, message);
  return cannotBeHandled({ ...expected, version: type.apiVersion.split("/").at(-1) ?? "" }, type.kind, message);
}

export function decodeJson(text: string): DecodedBody {
  const { value, duplicates, numbers } = parseJson(text);
  if (duplicates.length === 0) return { value, complaints: [], numbers };
  return { value, complaints: duplicateFields(duplicates), order: () => keyPaths(text), numbers };
}

function assertKind(object: KubeObject, expected: ObjectKind): void {
  const wanted = apiVersionOf(expected);
  if (object.kind !== expected.kind) {
    const version = object.apiVersion.split("/").at(-1) ?? "";
    const from = { ...expected, version };
    throw cannotBeHandled(
      from,
      object.kind,
      `converting (${version}.${object.kind}) to (${expected.version}.${expected.kind}): unknown conversion`,
    );
  }
  const older = expected.olderVersions?.map((version) => apiVersionOf({ ...expected, version }));
  if (older?.includes(object.apiVersion)) object.apiVersion = wanted;
  if (object.apiVersion !== wanted) {
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${wanted})`,
    );
  }
}

function apiVersionOf({ group, version }: ObjectKind): string {
  return group === "" ? version : `${group}/${version}`;
}

const summaryBytesMax = 30;

function noKind(kind: string, bytes: Buffer, why: string): StatusError {
  return unrecognized(kind, bytes, `couldn't get version/kind; json parse error: ${why}`);
}

function unrecognized(kind: string, bytes: Buffer, why: string) {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summarize(bytes)})`);
}

/** The start of a body, so that its sender recognizes it. */
function summarize(bytes: Buffer): string {
  if (bytes.length === 0) return "<empty>";
  const encoding = bytes[0] === 0x7b ? "utf8" : "hex";
  const start = bytes.subarray(0, summaryBytesMax).toString(encoding);
  return bytes.length > summaryBytesMax ? `${start} ...` : start;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
