import {
  type ApplyConflict,
  applyConfiguration,
  badRequest,
  compareValues,
  FieldSet,
  fieldsOfValue,
  isRecord,
  type KubeObject,
  type Manager,
  parseExactJson,
  type StatusCause,
  StatusError,
  type Tracking,
} from "@drydock/apimachinery";
import { schemaOf, typedFaults, typeShapeOf } from "@drydock/kube-api";
import type { Call } from "../registry/call.ts";
import type { ResourceDefinition } from "../registry/definition.ts";
import { trackingOf } from "../registry/field-managers.ts";
import { checkKindFields, type ObjectKind } from "../registry/field-validation.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { CLIENT_SIDE_MANAGER, LAST_APPLIED, withLastApplied } from "./last-applied.ts";
import { nameless } from "./patched-kind.ts";

/** What a configuration is of: the resource's own kind, or that of a subresource. */
export interface Appliable {
  readonly kind: ObjectKind & Pick<ResourceDefinition, "isNamespaced">;
  readonly tracking: Tracking;
}

/** Server-side apply: the object as it becomes with the call's configuration. Throws the 409 of a conflict. */
export async function applyDocument(
  store: ResourceStore,
  call: Call,
  live: KubeObject | undefined,
  document: unknown,
): Promise<KubeObject> {
  const tracking = trackingOf(store, call.context, "Apply", call.subresource);
  return applyTo({ kind: store.definition, tracking }, call, live, document);
}

export async function applyTo(
  to: Appliable,
  call: Call,
  live: KubeObject | undefined,
  document: unknown,
): Promise<KubeObject> {
  const config = configOf(to, call, document);
  if (!live && !config.metadata.name) throw nameless({ ...config, metadata: { ...config.metadata, name: call.name } });
  config.metadata.name ||= call.name;
  const object = await applied(to, call, live, config);
  return call.context.fieldManager === CLIENT_SIDE_MANAGER ? withLastApplied(object, document) : object;
}

async function applied(
  { tracking }: Appliable,
  call: Call,
  live: KubeObject | undefined,
  config: KubeObject,
): Promise<KubeObject> {
  const verdict = await applyConfiguration(live, config, tracking, call.options.force ?? false);
  if (verdict.kind === "applied") return verdict.object;
  if (live && takesOverFromClientSide(tracking, call, live, verdict.conflicts)) {
    const forced = await applyConfiguration(live, config, tracking, true);
    if (forced.kind === "applied") return forced.object;
  }
  throw conflictError(verdict.conflicts);
}

function configOf({ kind: definition }: Appliable, { namespace }: Call, document: unknown): KubeObject {
  const { group, version, kind } = definition;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  if (!isRecord(document)) throw badRequest("the apply patch is not an object");
  const sent = document as unknown as KubeObject;
  if (!sent.apiVersion || !sent.kind) throw badRequest("apiVersion and kind must be set in an apply patch");
  if (sent.apiVersion !== apiVersion || sent.kind !== kind) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${sent.apiVersion}, expected: ${apiVersion}`,
    );
  }
  assertTyped(definition, sent);
  const metadata = { ...sent.metadata };
  if (metadata.managedFields && metadata.managedFields.length > 0)
    throw badRequest("metadata.managedFields must be nil");
  if (definition.isNamespaced) metadata.namespace ||= namespace;
  const config = { ...sent, metadata };
  const { value, unknown, typeErrors } = checkKindFields(config, definition, { isRestored: true });
  if (typeErrors[0] !== undefined)
    throw failure(
      `failed to convert new object (${nameOf(sent)}) to proper version: unable to convert unstructured object to ${apiVersion}, Kind=${kind}: ${typeErrors[0]}`,
    );
  // Of a custom kind, what its schema does not know.
  if (unknown.length > 0)
    throw untyped(
      sent,
      unknown.map((path) => `.${path}: field not declared in schema`),
    );
  return value as unknown as KubeObject;
}

/** Refuses a configuration whose values are of other kinds than its type says. */
function assertTyped({ schema, custom }: ObjectKind, sent: KubeObject): void {
  const own = custom?.schemas[schema];
  const type = custom
    ? own && { schema: own, shape: custom.shape, isClosed: false }
    : { schema: schemaOf(schema), shape: typeShapeOf(schema), isClosed: true };
  const faults = type ? typedFaults(sent, type) : [];
  if (faults.length > 0) throw untyped(sent, faults);
}

function untyped(sent: KubeObject, faults: readonly string[]): StatusError {
  const list = faults.length === 1 ? faults[0] : `errors:\n${faults.map((fault) => `  ${fault}`).join("\n")}`;
  return failure(`failed to create typed patch object (${nameOf(sent)}): ${list}`);
}

function nameOf({ apiVersion, kind, metadata }: KubeObject): string {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return `${text(metadata?.namespace)}/${text(metadata?.name)}; ${apiVersion}, Kind=${kind}`;
}

/** Upstream gives these errors no reason. */
function failure(message: string): StatusError {
  return new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code: 500 });
}

/** What kubectl applied from its own side before is its to apply from ours: no conflict, though the manager has another name. */
function takesOverFromClientSide(
  { shape, manager }: Tracking,
  call: Call,
  live: KubeObject,
  conflicts: readonly ApplyConflict[],
): boolean {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (call.context.fieldManager !== CLIENT_SIDE_MANAGER || text === undefined) return false;
  try {
    const sent = parseExactJson(text) as KubeObject;
    if (sent.apiVersion !== manager.apiVersion) return false;
    const { added, modified, removed } = compareValues(sent, live, shape);
    const applied = fieldsOfValue(sent, shape)
      .difference(added.union(modified).union(removed))
      .union(FieldSet.ofFields("metadata", "annotations", LAST_APPLIED));
    return conflicts.every(({ fields }) => fields.difference(applied).isEmpty);
  } catch {
    return false;
  }
}

function conflictError(conflicts: readonly ApplyConflict[]): StatusError {
  const fields = conflicts.flatMap(({ manager, fields }) =>
    fields.paths().map((path) => ({ owner: renderOwner(manager), path })),
  );
  const causes: StatusCause[] = fields.map(({ owner, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${owner}`,
    field: path,
  }));
  const [first] = fields;
  const details = `${fields.length} conflict${fields.length === 1 ? "" : "s"}`;
  const list = fields.length === 1 && first ? `conflict with ${first.owner}: ${first.path}` : renderConflicts(fields);
  return new StatusError({
    apiVersion: "v1",
    kind: "Status",
    metadata: {},
    status: "Failure",
    code: 409,
    reason: "Conflict",
    message: `Apply failed with ${details}: ${list}`,
    details: { causes },
  });
}

function renderConflicts(fields: readonly { readonly owner: string; readonly path: string }[]): string {
  const owners = [...new Set(fields.map(({ owner }) => owner))].sort();
  return owners
    .flatMap((owner) => [
      `conflicts with ${owner}:`,
      ...fields.filter((field) => field.owner === owner).map(({ path }) => `- ${path}`),
    ])
    .join("\n");
}

function renderOwner({ name, operation, apiVersion, subresource }: Manager): string {
  const who = JSON.stringify(name) + (subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === "Apply" ? who : `${who} using ${apiVersion}`;
}
