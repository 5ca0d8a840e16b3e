import { type FieldError, FieldPath, fieldErrors, isQualifiedName, isValidLabelValue } from "@drydock/apimachinery";
import type { V1Node } from "@drydock/kube-api";
import { ageColumn, column, defineKind, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { validateNonNegativeQuantity } from "../meta/quantity-rules.ts";
import { findings, immutable } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const ROLE_PREFIX = "node-role.kubernetes.io/";

export const node = defineKind<V1Node>({
  kind: "Node",
  resource: "nodes",
  shortNames: ["no"],
  isNamespaced: false,
  schema: "io.k8s.api.core.v1.Node",
  storagePrefix: "minions",
  strategy: {
    prepareForUpdate: separateStatus.main.prepareForUpdate,
    validate: validateTaints,
    validateUpdate(object, old) {
      const errors = validateTaints(object);
      if (old.spec?.podCIDR) errors.push(...immutable(object.spec?.podCIDR, old.spec.podCIDR, SPEC.child("podCIDR")));
      if (old.spec?.providerID)
        errors.push(...immutable(object.spec?.providerID, old.spec.providerID, SPEC.child("providerID")));
      return errors;
    },
  },
  columns: [
    column("Status", statusText),
    column("Roles", rolesText),
    ageColumn,
    column("Version", ({ status }) => status?.nodeInfo?.kubeletVersion ?? ""),
    wideColumn("Internal-IP", (object) => addressOf(object, "InternalIP")),
    wideColumn("External-IP", (object) => addressOf(object, "ExternalIP")),
    wideColumn("OS-Image", ({ status }) => status?.nodeInfo?.osImage || "<unknown>"),
    wideColumn("Kernel-Version", kernelText),
    wideColumn("Container-Runtime", ({ status }) => status?.nodeInfo?.containerRuntimeVersion || "<unknown>"),
  ],
  selectableFields: { "spec.unschedulable": ({ spec }) => String(spec?.unschedulable ?? false) },
  subresources: { status: { prepareForUpdate: prepareStatus, validateUpdate: validateStatus }, other: ["proxy"] },
});

/** With the architecture, which has no column of its own. */
function kernelText({ status }: V1Node): string {
  const { kernelVersion, architecture } = status?.nodeInfo ?? {};
  return `${kernelVersion || "<unknown>"}${architecture ? ` (${architecture})` : ""}`;
}

/** A node's status endpoint may also change labels and annotations, which kubelets use. */
function prepareStatus(object: V1Node, old: V1Node): void {
  if (old.spec) object.spec = old.spec;
}

function validateTaints(object: V1Node): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (object.spec?.taints ?? []).forEach((taint, index) => {
    const path = SPEC.child("taints").index(index);
    for (const text of isQualifiedName(taint.key)) errors.push(fieldErrors.invalid(path.child("key"), taint.key, text));
    if (taint.value)
      for (const text of isValidLabelValue(taint.value))
        errors.push(fieldErrors.invalid(path.child("value"), taint.value, text));
    if (!taint.effect) errors.push(fieldErrors.required(path.child("effect")));
    else if (!["NoSchedule", "PreferNoSchedule", "NoExecute"].includes(taint.effect))
      errors.push(
        fieldErrors.notSupported(path.child("effect"), taint.effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]),
      );
    const id = `${taint.key}:${taint.effect}`;
    if (seen.has(id))
      errors.push({ ...fieldErrors.duplicate(path, taint), detail: "taints must be unique by key and effect pair" });
    seen.add(id);
  });
  return errors;
}

function validateStatus({ status }: V1Node): FieldError[] {
  const addresses = status?.addresses ?? [];
  const path = FieldPath.of("status");
  return findings(
    addresses.map((address, index) => {
      const isTwin = addresses
        .slice(0, index)
        .some((other) => other.type === address.type && other.address === address.address);
      return isTwin && fieldErrors.duplicate(path.child("addresses").index(index), address);
    }),
    (["capacity", "allocatable"] as const).map((field) =>
      Object.entries(status?.[field] ?? {}).map(([name, quantity]) =>
        validateNonNegativeQuantity(quantity, path.child(field).key(name)),
      ),
    ),
  );
}

function statusText({ spec, status }: V1Node): string {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const parts = [ready ? (ready.status === "True" ? "Ready" : "NotReady") : "Unknown"];
  if (spec?.unschedulable) parts.push("SchedulingDisabled");
  return parts.join(",");
}

function rolesText({ metadata }: V1Node): string {
  const labels = metadata.labels ?? {};
  const roles = Object.keys(labels)
    .filter((label) => label.startsWith(ROLE_PREFIX))
    .map((label) => label.slice(ROLE_PREFIX.length));
  const legacy = labels["kubernetes.io/role"];
  return [...new Set([...roles, ...(legacy ? [legacy] : [])])].sort().join(",") || "<none>";
}

function addressOf({ status }: V1Node, type: string): string {
  return status?.addresses?.find((address) => address.type === type)?.address ?? "<none>";
}
