import {
  alreadyExists,
  badRequest,
  type FieldError,
  FieldPath,
  invalid,
  type KubeObject,
  StatusError,
} from "@drydock/apimachinery";
import type { AdmissionRequest } from "../admission/admission.ts";
import { encodeForStorage, StoredObject } from "../cache/stored-object.ts";
import { writeOptions } from "../registry/admitted-options.ts";
import type { CallContext } from "../registry/call.ts";
import { withoutAllowed } from "../registry/cluster-policy.ts";
import { noteManager } from "../registry/field-managers.ts";
import { toStorage } from "../registry/guarded-update.ts";
import { fillSystemMetadata, generateName } from "../registry/object-meta.ts";
import { dedupOwnerReferences } from "../registry/owner-references.ts";
import { keyOf, prepareViews, type ResourceStore, viewOf } from "../registry/registry.ts";
import { generateNameConflict, judgedKind, resourceVersionOnCreate } from "../registry/status-errors.ts";
import { validateInNamespace } from "../registry/validate-in-namespace.ts";
import { validateObjectMeta } from "../registry/validate-object-meta.ts";
import { isNoVersion } from "./resource-version.ts";

export interface CreateRequest {
  readonly namespace: string;
  /** Private to the call; completed in place. */
  readonly object: KubeObject;
  readonly isDryRun: boolean;
  readonly context: CallContext;
  /** The object comes from server-side apply, which has noted its manager. */
  readonly isApplied?: boolean;
}

/** A generated name that is taken is drawn again this often (KEP-4420). */
const generateAttemptsMax = 8;

/** Stores a new object: admission, bookkeeping, validation, one guarded write. Returns it as this resource shows it. */
export async function create(store: ResourceStore, request: CreateRequest): Promise<StoredObject> {
  const { object, context } = request;
  const { definition } = store;
  if (!isNoVersion(object.metadata.resourceVersion)) throw resourceVersionOnCreate();
  delete object.metadata.resourceVersion;
  matchNamespace(store, request);
  dedupOwnerReferences(object, context);
  // Admission sees what a reader would see, and what it adds has its own defaults.
  definition.strategy.setDefaults(object);
  if (!request.isApplied) {
    delete object.metadata.managedFields;
    // Before admission and the kind's own preparations: what these add belongs to nobody.
    if (!context.isComponent) await noteManager(store, object, undefined, context, "");
  }
  await store.registry.admission.mutate(admissionRequest(store, request));
  definition.strategy.setDefaults(object);
  matchNamespace(store, request);
  dedupOwnerReferences(object, context);
  definition.strategy.dropDisabled?.(object);
  definition.strategy.prepareForCreate(object, { nowMs: context.nowMs, subresource: "", user: context.user });
  fillSystemMetadata(store, object, context.nowMs);
  const isGenerated = !object.metadata.name && !!object.metadata.generateName;
  for (let attempt = 1; ; attempt++) {
    const previousName = attempt === 1 ? undefined : object.metadata.name;
    if (isGenerated) object.metadata.name = generateName(object.metadata.generateName as string, store.registry.ports);
    definition.strategy.prepareNamed?.(object, previousName);
    const stored = await validateAndStore(store, request);
    if (stored) {
      await prepareViews(store, [stored]);
      return viewOf(store, stored);
    }
    if (!isGenerated || attempt >= generateAttemptsMax) throw await nameTaken(store, request);
  }
}

async function nameTaken(store: ResourceStore, { namespace, object, context }: CreateRequest): Promise<StatusError> {
  const { name, generateName } = object.metadata;
  const error = generateName
    ? generateNameConflict(store.groupResource, name)
    : alreadyExists(store.groupResource, name);
  const { kv } = await store.registry.ports.storage.get(keyOf(store.definition, namespace, name), context.signal);
  if (!kv || !StoredObject.decode(kv).object.metadata.deletionTimestamp) return error;
  return new StatusError({ ...error.status, message: `object is being deleted: ${error.message}` });
}

/** Undefined when the name is taken. */
async function validateAndStore(store: ResourceStore, request: CreateRequest): Promise<StoredObject | undefined> {
  const { object, context, isDryRun } = request;
  const { definition, registry } = store;
  const errors = await validateForCreate(store, object, context);
  if (errors.length > 0) throw invalid(judgedKind(definition), object.metadata.name ?? "", errors);
  for (const warning of definition.strategy.warnings?.(object, undefined) ?? []) context.warn(warning);
  const settle = await registry.hookOf(store)?.beforeCreate(object, isDryRun);
  try {
    await registry.admission.validate(admissionRequest(store, request));
    const key = keyOf(definition, request.namespace, object.metadata.name);
    const stored = await write(store, key, object, request);
    await settle?.(stored !== undefined && !isDryRun);
    return stored;
  } catch (error) {
    await settle?.(false);
    throw error;
  }
}

async function write(store: ResourceStore, key: string, object: KubeObject, request: CreateRequest) {
  const { storage } = store.registry.ports;
  const { signal } = request.context;
  const inStore = await toStorage(store, object);
  if (request.isDryRun) {
    const { kv } = await storage.get(key, signal);
    return kv ? undefined : new StoredObject(key, 0, inStore);
  }
  const result = await storage.create(key, encodeForStorage(inStore), signal);
  if (!result.ok) return undefined;
  inStore.metadata.resourceVersion = String(result.revision);
  return new StoredObject(key, result.revision, inStore);
}

async function validateForCreate(
  store: ResourceStore,
  object: KubeObject,
  { nowMs, user }: CallContext,
): Promise<FieldError[]> {
  const { strategy } = store.definition;
  const { errors: first, isFinal } = strategy.validateFirst?.(object) ?? { errors: [], isFinal: false };
  if (isFinal && first.length > 0) return first;
  const errors = validateObjectMeta(store, object, FieldPath.of("metadata"));
  const inNamespace = await validateInNamespace(store, object, undefined);
  const own = strategy.validate(object, { nowMs, subresource: "", user });
  return [...first, ...inNamespace, ...errors, ...withoutAllowed(store, own)];
}

function matchNamespace(store: ResourceStore, { object, namespace }: CreateRequest): void {
  if (!store.definition.isNamespaced) {
    if (object.metadata.namespace === "") delete object.metadata.namespace;
    return;
  }
  if (object.metadata.namespace && object.metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  object.metadata.namespace = namespace;
}

function admissionRequest(store: ResourceStore, request: CreateRequest): AdmissionRequest {
  return {
    operation: "create",
    definition: store.definition,
    subresource: "",
    namespace: request.namespace,
    name: request.object.metadata.name ?? "",
    object: request.object,
    oldObject: undefined,
    isDryRun: request.isDryRun,
    context: request.context,
    options: writeOptions("CreateOptions", request.isDryRun, request.context),
  };
}
