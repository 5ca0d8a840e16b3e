import {
  badRequest,
  FieldPath,
  fieldErrors,
  formatGroupVersion,
  goWordOf,
  internal,
  invalid,
  type KubeObject,
  type StatusError,
  stringifyJson,
} from "@drydock/apimachinery";
import { schemaNameOf } from "@drydock/kube-api";
import type { ResourceDefinition } from "../registry/definition.ts";

type PatchedKind = Pick<ResourceDefinition, "group" | "version" | "kind" | "custom">;

/** Versions that upstream still converts from and does not serve. */
const formerVersions: ReadonlySet<string> = new Set(["apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"]);

/** A strategic patch works on the type, which holds no kind: what it says of one is nothing to it. */
export function keepKind(patched: KubeObject, current: KubeObject): void {
  patched.apiVersion = current.apiVersion;
  patched.kind = current.kind;
}

/** Refuses a patch that makes an object one of another kind; another version of the same is converted back. */
export function checkKind(definition: PatchedKind, patched: KubeObject, current: KubeObject): void {
  if (definition.custom) checkCustomKind(definition, patched, current);
  else checkTypedKind(definition, patched, current);
  keepKind(patched, current);
}

/** The name has gone, or all that is decoded has: an object without a version is of no type. */
export function nameless({ metadata }: KubeObject): StatusError {
  return badRequest(`the name of the object (${metadata.name} based on URL) was undeterminable: name must be provided`);
}

function checkTypedKind(definition: PatchedKind, patched: KubeObject, current: KubeObject): void {
  const { apiVersion = "", kind = "" } = patched as { apiVersion?: unknown; kind?: unknown };
  if (apiVersion === current.apiVersion && (kind === current.kind || kind === "")) return;
  const why = whyNot(definition, apiVersion, kind, current);
  if (why === undefined) return;
  if (why === "") throw nameless(current);
  throw invalid({ group: "", kind: "" }, "", [fieldErrors.invalid(FieldPath.of("patch"), stringifyJson(patched), why)]);
}

/** Undefined where it may be, empty where it has no version. */
function whyNot(definition: PatchedKind, apiVersion: unknown, kind: unknown, current: KubeObject): string | undefined {
  for (const [name, value] of Object.entries({ apiVersion, kind })) {
    if (typeof value === "string") continue;
    const wrong = `json: cannot unmarshal ${goWordOf(value)} into Go struct field .${name} of type string`;
    return `couldn't get version/kind; json parse error: ${wrong}`;
  }
  const [version, wanted] = [String(apiVersion), String(kind) || String(current.kind)];
  if (version === "") return "";
  if (version.split("/").length > 2) return `unexpected GroupVersion string: ${version}`;
  const isSameKind = wanted === current.kind;
  if (isSameKind && formerVersions.has(version)) return undefined;
  if (schemaNameOf(version, wanted) === undefined)
    return `no kind "${wanted}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`;
  const isSameGroup = groupOf(version) === groupOf(String(current.apiVersion));
  if (isSameKind && isSameGroup) return undefined;
  const inside = definition.group === "" ? "core" : definition.group.split(".")[0];
  return `converting (${versionOf(version)}.${wanted}) to (${inside}.${definition.kind}): unknown conversion`;
}

const groupOf = (apiVersion: string) => (apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "");
const versionOf = (apiVersion: string) => apiVersion.slice(apiVersion.indexOf("/") + 1);

/** Objects of custom kinds keep what a patch makes of them, and are refused for it. */
function checkCustomKind(definition: PatchedKind, patched: KubeObject, { metadata }: KubeObject): void {
  const { apiVersion, kind = "" } = patched;
  if (!apiVersion) throw internal("Object 'apiVersion' is missing in 'object has no apiVersion field'");
  const expected = formatGroupVersion(definition);
  const of = { group: groupOf(apiVersion), kind };
  const refuse = (field: string, value: string, must: string) =>
    invalid(of, metadata.name, [fieldErrors.invalid(FieldPath.of(field), value, `must be ${must}`)]);
  if (apiVersion !== expected) throw refuse("apiVersion", apiVersion, expected);
  if (kind !== definition.kind) throw refuse("kind", kind, definition.kind);
}
