import {
  badRequest,
  conflict,
  deepClone,
  FieldPath,
  fieldErrors,
  invalid,
  type KubeObject,
  notFound,
  optimisticLockMessage,
} from "@drydock/apimachinery";
import type { AdmissionRequest, AdmissionView } from "../admission/admission.ts";
import type { StoredObject } from "../cache/stored-object.ts";
import { writeOptions } from "../registry/admitted-options.ts";
import type { CallContext } from "../registry/call.ts";
import { withoutAllowed } from "../registry/cluster-policy.ts";
import { noteManager } from "../registry/field-managers.ts";
import { type Change, guardedUpdate } from "../registry/guarded-update.ts";
import { bumpGeneration, carryOverMetadata } from "../registry/object-meta.ts";
import { dedupOwnerReferences } from "../registry/owner-references.ts";
import { keyOf, prepareViews, type ResourceStore, type Settle, viewOf } from "../registry/registry.ts";
import { conflictingUid, judgedKind } from "../registry/status-errors.ts";
import { validateInNamespace } from "../registry/validate-in-namespace.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../registry/validate-object-meta.ts";
import { create } from "./create.ts";
import { isNoVersion } from "./resource-version.ts";

export interface UpdateRequest {
  readonly namespace: string;
  readonly name: string;
  /** "" or the subresource whose rules apply: status, or one of `customRules`. */
  readonly subresource: string;
  readonly isDryRun: boolean;
  readonly context: CallContext;
  /** What the caller wants in place of `current`: a fresh object each time it is asked; undefined when there is no current one. */
  next(current: KubeObject | undefined): Promise<KubeObject> | KubeObject;
  /** Rules of a subresource other than status; by default those of the resource itself. */
  readonly rules?: UpdateRules;
  /** A patch may not create, a PUT of some kinds may, server-side apply always may. */
  readonly mayCreate: "never" | "if-kind-allows" | "always";
  /** What webhooks and policies see of a subresource that has a form of its own. */
  view?(object: KubeObject, current: KubeObject): AdmissionView;
  /** They have been asked about this write in another form. */
  readonly isReviewed?: boolean;
  /** Nobody comes to own what this changes. */
  readonly isUntracked?: boolean;
  /** What `next` returns has its managers noted already. */
  readonly isApplied?: boolean;
}

export interface UpdateRules {
  prepareForUpdate(object: KubeObject, old: KubeObject): void;
  validateUpdate(
    object: KubeObject,
    old: KubeObject,
  ): ReturnType<ResourceStore["definition"]["strategy"]["validateUpdate"]>;
}

export interface UpdateResult {
  readonly stored: StoredObject;
  readonly isNew: boolean;
}

class CreateInstead extends Error {
  readonly object: KubeObject;
  constructor(object: KubeObject) {
    super("the object does not exist yet");
    this.object = object;
  }
}

/** Replaces a stored object under its resourceVersion's guard; PUT, PATCH and the subresources all end here. */
export async function update(store: ResourceStore, request: UpdateRequest): Promise<UpdateResult> {
  const { definition } = store;
  let taken: Settle;
  const settle = async (isWritten: boolean) => {
    const last = taken;
    taken = undefined;
    await last?.(isWritten);
  };
  const plan = async (current: KubeObject | undefined): Promise<Change> => {
    await settle(false);
    if (!current) return planMissing(store, request);
    const object = await prepare(store, request, current);
    if (request.subresource === "")
      taken = await store.registry.hookOf(store)?.beforeUpdate(object, current, request.isDryRun);
    await store.registry.admission.validate(admissionRequest(store, request, object, current));
    return mustGo(object) ? { kind: "delete" } : { kind: "write", object };
  };
  try {
    const key = keyOf(definition, request.namespace, request.name);
    const result = await guardedUpdate(store, key, plan, request);
    await settle(result.kind === "written" && !request.isDryRun);
    if (result.kind === "deleted" && !request.isDryRun)
      await store.registry.hookOf(store)?.afterDelete(result.stored.object);
    await prepareViews(store, [result.stored]);
    return { stored: viewOf(store, result.stored), isNew: false };
  } catch (error) {
    await settle(false);
    if (!(error instanceof CreateInstead)) throw error;
    const { namespace, isDryRun, context } = request;
    return {
      stored: await create(store, { namespace, object: error.object, isDryRun, context, isApplied: request.isApplied }),
      isNew: true,
    };
  }
}

async function planMissing(store: ResourceStore, request: UpdateRequest): Promise<never> {
  const isAllowed = request.mayCreate === "always" || store.definition.strategy.allowCreateOnUpdate;
  if (request.mayCreate === "never" || request.subresource !== "" || !isAllowed)
    throw notFound(store.groupResource, request.name);
  const object = await request.next(undefined);
  matchName(object, request);
  // A version to compare with, but nothing to compare to.
  if (!isNoVersion(object.metadata.resourceVersion)) throw notFound(store.groupResource, request.name);
  if (request.isApplied && object.metadata.uid) throw noSuchUid(store, request.name, object.metadata.uid);
  await request.context.authorizeCreate?.();
  throw new CreateInstead(object);
}

function noSuchUid({ groupResource }: ResourceStore, name: string, uid: string): Error {
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  return conflict(groupResource, name, why);
}

async function prepare(store: ResourceStore, request: UpdateRequest, current: KubeObject): Promise<KubeObject> {
  const { definition } = store;
  const object = await request.next(deepClone(current));
  matchName(object, request);
  if (definition.isNamespaced) matchNamespace(object, request);
  if (isNoVersion(object.metadata.resourceVersion)) delete object.metadata.resourceVersion;
  checkPreconditions(store, request, object, current);
  dedupOwnerReferences(object, request.context);
  definition.strategy.setDefaults(object);
  if (!request.isApplied && !request.isUntracked)
    await noteManager(store, object, current, request.context, request.subresource);
  await store.registry.admission.mutate(admissionRequest(store, request, object, current));
  definition.strategy.setDefaults(object);
  dedupOwnerReferences(object, request.context);
  carryOverMetadata(object, current);
  const rules = rulesOf(store, request);
  definition.strategy.dropDisabled?.(object);
  rules.prepareForUpdate(object, current);
  if (request.subresource !== "status") bumpGeneration(store, object, current);
  const first = definition.strategy.validateFirst?.(object);
  const errors = [
    ...(first?.errors ?? []),
    ...(await validateInNamespace(store, object, current)),
    ...validateObjectMeta(store, object, FieldPath.of("metadata")),
    ...validateObjectMetaUpdate(object, current, FieldPath.of("metadata")),
    ...withoutAllowed(store, rules.validateUpdate(object, current)),
  ];
  if (errors.length > 0) throw invalid(judgedKind(definition), object.metadata.name ?? "", errors);
  for (const warning of definition.strategy.warnings?.(object, current) ?? []) request.context.warn(warning);
  return object;
}

function rulesOf(store: ResourceStore, request: UpdateRequest): UpdateRules {
  if (request.rules) return request.rules;
  const { strategy, subresources } = store.definition;
  const { nowMs, user } = request.context;
  const context = { nowMs, user, subresource: request.subresource };
  const rules = request.subresource === "status" && subresources?.status ? subresources.status : strategy;
  return {
    prepareForUpdate: (object, old) => rules.prepareForUpdate(object, old, context),
    validateUpdate: (object, old) => rules.validateUpdate(object, old, context),
  };
}

function checkPreconditions(
  store: ResourceStore,
  { namespace }: UpdateRequest,
  object: KubeObject,
  current: KubeObject,
): void {
  const { definition, groupResource } = store;
  const { resourceVersion, uid, name } = object.metadata;
  if (uid && uid !== current.metadata.uid)
    throw conflictingUid(groupResource, name, keyOf(definition, namespace, name), uid, current.metadata.uid ?? "");
  if (!resourceVersion) {
    if (definition.strategy.allowUnconditionalUpdate !== false) return;
    const path = FieldPath.of("metadata", "resourceVersion");
    // Upstream names the resource here where all other errors of this sort name the kind.
    const kind = { group: groupResource.group, kind: groupResource.resource };
    throw invalid(kind, name, [fieldErrors.invalid(path, 0, "must be specified for an update")]);
  }
  if (resourceVersion !== current.metadata.resourceVersion) throw conflict(groupResource, name, optimisticLockMessage);
}

/** The last finalizer of an object under deletion is gone, and nothing else holds it. */
function mustGo(object: KubeObject): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata;
  if (!deletionTimestamp || (finalizers?.length ?? 0) > 0) return false;
  return (deletionGracePeriodSeconds ?? 0) === 0 && !hasSpecFinalizers(object);
}

/** Namespaces keep a second list, emptied through their finalize subresource. */
export function hasSpecFinalizers(object: KubeObject): boolean {
  const spec = (object as { spec?: { finalizers?: unknown } }).spec;
  return object.kind === "Namespace" && Array.isArray(spec?.finalizers) && spec.finalizers.length > 0;
}

function matchName(object: KubeObject, { name }: UpdateRequest): void {
  object.metadata.name ||= name;
  if (object.metadata.name === name) return;
  throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
}

function matchNamespace(object: KubeObject, { namespace }: UpdateRequest): void {
  object.metadata.namespace ||= namespace;
  if (object.metadata.namespace === namespace) return;
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

function admissionRequest(
  store: ResourceStore,
  request: UpdateRequest,
  object: KubeObject,
  oldObject: KubeObject,
): AdmissionRequest {
  const { namespace, name, subresource, isDryRun, context } = request;
  const { definition } = store;
  return {
    operation: "update",
    definition,
    subresource,
    namespace,
    name,
    object,
    oldObject,
    isDryRun,
    context,
    options: writeOptions("UpdateOptions", isDryRun, context),
    view: request.view?.(object, oldObject),
    isReviewed: request.isReviewed,
  };
}
