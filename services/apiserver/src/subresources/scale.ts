import { FieldPath, FieldSet, fieldErrors, formatGroupVersion, invalid, type KubeObject } from "@drydock/apimachinery";
import { typeShapeOf } from "@drydock/kube-api";
import type { AdmissionView } from "../admission/admission.ts";
import { objectOf, patchOf } from "../endpoints/call-body.ts";
import type { Call } from "../registry/call.ts";
import { validatePatchOptions } from "../registry/call-options.ts";
import { trackingOf } from "../registry/field-managers.ts";
import { kindVersions } from "../registry/kind-versions.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { applyTo } from "../verbs/apply.ts";
import { get } from "../verbs/get.ts";
import type { Outcome } from "../verbs/outcome.ts";
import { applyPatch } from "../verbs/patch.ts";
import { update } from "../verbs/update.ts";
import { managersOfObject, managersOfScale, type ScaledFields } from "./scale-managers.ts";
import type { Subresource } from "./subresource.ts";

interface Scale extends KubeObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

const kind = { group: "autoscaling", version: "v1", kind: "Scale", schema: "io.k8s.api.autoscaling.v1.Scale" };

/** Replica counts of any kind that has them, in one shape (autoscaling/v1 Scale). */
export const scale = {
  name: "scale",
  verbs: ["get", "patch", "update"],
  appliesTo: (definition) => definition.subresources?.scale !== undefined,
  kind,
  async run(_services, store, call) {
    if (call.verb !== "get") return writeScale(store, call);
    const stored = await get(store, call.namespace, call.name, call.options.resourceVersion, call.context.signal);
    return answer(store, stored.object);
  },
} satisfies Subresource;

async function writeScale(store: ResourceStore, call: Call): Promise<Outcome> {
  const { namespace, name, options, context } = call;
  const rules = store.definition.subresources?.scale;
  if (call.verb === "patch") validatePatchOptions(options, patchOf(call).patchType);
  const isApplied = call.verb === "patch" && patchOf(call).patchType === "application/apply-patch+yaml";
  const writing = { nowMs: context.nowMs, user: context.user, subresource: "scale" };
  const { stored } = await update(store, {
    namespace,
    name,
    subresource: "scale",
    isDryRun: options.dryRun,
    context,
    mayCreate: "never",
    rules: {
      prepareForUpdate: (object, old) => store.definition.strategy.prepareForUpdate(object, old, writing),
      validateUpdate: (object, old) => store.definition.strategy.validateUpdate(object, old, writing),
    },
    view: (object, current) => viewOf(store, object, current),
    isApplied,
    next: async (current) => {
      const object = current as KubeObject;
      const wanted = isApplied ? await appliedScale(store, call, object) : wantedScale(store, call, object);
      assertReplicas(wanted);
      if (wanted.metadata.resourceVersion) object.metadata.resourceVersion = wanted.metadata.resourceVersion;
      rules?.setSpecReplicas(object, wanted.spec?.replicas ?? 0);
      if (isApplied)
        object.metadata.managedFields = managersOfObject(
          object,
          wanted.metadata.managedFields ?? [],
          scaledFields(store),
        );
      return object;
    },
  });
  return answer(store, stored.object);
}

/** Admission sees the Scale; what it changes is the number of replicas. */
function viewOf(store: ResourceStore, object: KubeObject, current: KubeObject): AdmissionView {
  const seen = scaleOf(store, object);
  return {
    kind: { group: kind.group, version: kind.version, kind: kind.kind },
    object: seen,
    oldObject: scaleOf(store, current),
    accept: () => store.definition.subresources?.scale?.setSpecReplicas(object, seen.spec.replicas ?? 0),
  };
}

function wantedScale(store: ResourceStore, call: Call, current: KubeObject): Scale {
  if (call.verb === "update") return objectOf(call) as Scale;
  const document = patchOf(call);
  return applyPatch(kind, scaleOf(store, current), document, call.options.fieldValidation, call.context.warn) as Scale;
}

/** The Scale as it becomes with the call's configuration, and who manages it then. */
async function appliedScale(store: ResourceStore, call: Call, current: KubeObject): Promise<Scale> {
  const seen = scaleOf(store, current);
  const live = {
    ...seen,
    metadata: { ...seen.metadata, managedFields: managersOfScale(current, scaledFields(store)) },
  };
  const tracking = {
    ...trackingOf(store, call.context, "Apply", "scale"),
    shape: typeShapeOf(kind.schema),
    unset: undefined,
    versions: { find: () => undefined, convert: (object: KubeObject) => Promise.resolve(object) },
  };
  const manager = { ...tracking.manager, apiVersion: "autoscaling/v1" };
  const to = { kind: { ...kind, isNamespaced: store.definition.isNamespaced }, tracking: { ...tracking, manager } };
  return (await applyTo(to, call, live, patchOf(call).patch)) as Scale;
}

function scaledFields(store: ResourceStore): ScaledFields {
  const { definition } = store;
  const versions = kindVersions(store, "scale");
  return {
    apiVersion: formatGroupVersion(definition),
    replicas: FieldSet.ofPaths(definition.subresources?.scale?.replicasPath ?? "spec.replicas"),
    isThere: (apiVersion) => versions.find(apiVersion) !== undefined,
  };
}

function assertReplicas(wanted: Scale): void {
  const replicas = wanted.spec?.replicas ?? 0;
  if (replicas >= 0) return;
  const path = FieldPath.of("spec", "replicas");
  throw invalid(kind, wanted.metadata.name, [
    fieldErrors.invalid(path, replicas, "must be greater than or equal to 0"),
  ]);
}

function scaleOf(store: ResourceStore, object: KubeObject): Scale {
  const rules = store.definition.subresources?.scale;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = rules?.selector(object);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: rules?.specReplicas(object) ?? 0 },
    status: { replicas: rules?.statusReplicas(object) ?? 0, ...(selector && { selector }) },
  };
}

function answer(store: ResourceStore, object: KubeObject): Outcome {
  return { kind: "plain", code: 200, object: scaleOf(store, object) };
}
