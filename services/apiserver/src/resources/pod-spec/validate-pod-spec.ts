import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  isValidIp,
  isValidLabelValue,
} from "@drydock/apimachinery";
import type { V1NodeSelectorTerm, V1PodSpec, V1PodTemplateSpec, V1Toleration, V1Volume } from "@drydock/kube-api";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { validateContainer } from "./validate-container.ts";

const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const DNS_POLICIES = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
const TAINT_EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** Upstream's ValidatePodSpec, for pods and templates. */
export function validatePodSpec(spec: V1PodSpec | undefined, path: FieldPath): FieldError[] {
  if (!spec) return [fieldErrors.required(path.child("containers"))];
  const errors: FieldError[] = [];
  errors.push(...validateVolumes(spec.volumes ?? [], path.child("volumes")));
  errors.push(...validateContainers(spec, path));
  if (!spec.restartPolicy) errors.push(fieldErrors.required(path.child("restartPolicy")));
  else if (!RESTART_POLICIES.includes(spec.restartPolicy))
    errors.push(fieldErrors.notSupported(path.child("restartPolicy"), spec.restartPolicy, RESTART_POLICIES));
  if (!spec.dnsPolicy) errors.push(fieldErrors.required(path.child("dnsPolicy")));
  else if (!DNS_POLICIES.includes(spec.dnsPolicy))
    errors.push(fieldErrors.notSupported(path.child("dnsPolicy"), spec.dnsPolicy, DNS_POLICIES));
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    errors.push(
      fieldErrors.invalid(
        path.child("terminationGracePeriodSeconds"),
        spec.terminationGracePeriodSeconds,
        "must be greater than or equal to 0",
      ),
    );
  if (spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds < 1)
    errors.push(
      fieldErrors.invalid(
        path.child("activeDeadlineSeconds"),
        spec.activeDeadlineSeconds,
        "must be between 1 and 2147483647, inclusive",
      ),
    );
  errors.push(...validateNames(spec, path));
  errors.push(...validateTolerations(spec.tolerations ?? [], path.child("tolerations")));
  errors.push(...validateAffinity(spec, path.child("affinity")));
  errors.push(...validateSpread(spec, path.child("topologySpreadConstraints")));
  (spec.hostAliases ?? []).forEach((alias, index) => {
    if (!isValidIp(alias.ip))
      errors.push(
        fieldErrors.invalid(
          path.child("hostAliases").index(index).child("ip"),
          alias.ip,
          "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        ),
      );
  });
  return errors;
}

export function validatePodTemplate(template: V1PodTemplateSpec | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(template?.metadata?.labels ?? {})) {
    for (const text of isQualifiedName(key)) errors.push(fieldErrors.invalid(path.child("labels"), key, text));
    for (const text of isValidLabelValue(value)) errors.push(fieldErrors.invalid(path.child("labels"), value, text));
  }
  return [...errors, ...validatePodSpec(template?.spec, path.child("spec"))];
}

function validateContainers(spec: V1PodSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const volumeNames = new Set((spec.volumes ?? []).map((volume) => volume.name));
  const names = new Set<string>();
  if ((spec.containers ?? []).length === 0) errors.push(fieldErrors.required(path.child("containers")));
  for (const field of ["containers", "initContainers"] as const) {
    (spec[field] ?? []).forEach((container, index) => {
      const at = path.child(field).index(index);
      errors.push(...validateContainer(container, at, { volumeNames, isInit: field === "initContainers" }));
      if (names.has(container.name)) errors.push(fieldErrors.duplicate(at.child("name"), container.name));
      names.add(container.name);
    });
  }
  return errors;
}

function validateVolumes(volumes: readonly V1Volume[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  volumes.forEach((volume, index) => {
    const at = path.index(index);
    if (!volume.name) errors.push(fieldErrors.required(at.child("name")));
    else
      for (const text of isDns1123Label(volume.name))
        errors.push(fieldErrors.invalid(at.child("name"), volume.name, text));
    if (names.has(volume.name)) errors.push(fieldErrors.duplicate(at.child("name"), volume.name));
    names.add(volume.name);
    const sources = Object.entries(volume).filter(([field, value]) => field !== "name" && value !== undefined);
    for (const [field] of sources.slice(1))
      errors.push(fieldErrors.forbidden(at.child(field), "may not specify more than 1 volume type"));
    if (volume.hostPath && !volume.hostPath.path) errors.push(fieldErrors.required(at.child("hostPath", "path")));
    if (volume.secret && !volume.secret.secretName) errors.push(fieldErrors.required(at.child("secret", "secretName")));
    if (volume.configMap && !volume.configMap.name) errors.push(fieldErrors.required(at.child("configMap", "name")));
  });
  return errors;
}

function validateNames(spec: V1PodSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const check = (
    field: "nodeName" | "serviceAccountName" | "priorityClassName" | "hostname" | "subdomain",
    rule: (value: string) => string[],
  ) => {
    const value = spec[field];
    if (value) for (const text of rule(value)) errors.push(fieldErrors.invalid(path.child(field), value, text));
  };
  check("nodeName", isDns1123Subdomain);
  check("serviceAccountName", isDns1123Subdomain);
  check("priorityClassName", isDns1123Subdomain);
  check("hostname", isDns1123Label);
  check("subdomain", isDns1123Label);
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    for (const text of isQualifiedName(key)) errors.push(fieldErrors.invalid(path.child("nodeSelector"), key, text));
    for (const text of isValidLabelValue(value))
      errors.push(fieldErrors.invalid(path.child("nodeSelector"), value, text));
  }
  return errors;
}

function validateTolerations(tolerations: readonly V1Toleration[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  tolerations.forEach((toleration, index) => {
    const at = path.index(index);
    if (toleration.key)
      for (const text of isQualifiedName(toleration.key))
        errors.push(fieldErrors.invalid(at.child("key"), toleration.key, text));
    else if (toleration.operator !== "Exists")
      errors.push(
        fieldErrors.invalid(
          at.child("operator"),
          toleration.operator ?? "",
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (toleration.operator && !["Equal", "Exists"].includes(toleration.operator))
      errors.push(fieldErrors.notSupported(at.child("operator"), toleration.operator, ["Equal", "Exists"]));
    if (toleration.operator === "Exists" && toleration.value)
      errors.push(
        fieldErrors.invalid(at.child("operator"), toleration, "value must be empty when `operator` is 'Exists'"),
      );
    if (toleration.effect && !TAINT_EFFECTS.includes(toleration.effect))
      errors.push(fieldErrors.notSupported(at.child("effect"), toleration.effect, TAINT_EFFECTS));
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== "NoExecute")
      errors.push(
        fieldErrors.invalid(
          at.child("effect"),
          toleration.effect ?? "",
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
  });
  return errors;
}

const NODE_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

function validateAffinity(spec: V1PodSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const at = path.child("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution");
  if (required && (required.nodeSelectorTerms ?? []).length === 0)
    errors.push(fieldErrors.required(at.child("nodeSelectorTerms"), "must have at least one node selector term"));
  (required?.nodeSelectorTerms ?? []).forEach((term, index) => {
    errors.push(...validateNodeTerm(term, at.child("nodeSelectorTerms").index(index)));
  });
  for (const kind of ["podAffinity", "podAntiAffinity"] as const) {
    (spec.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, index) => {
      const where = path.child(kind, "requiredDuringSchedulingIgnoredDuringExecution").index(index);
      if (!term.topologyKey) errors.push(fieldErrors.required(where.child("topologyKey"), "can not be empty"));
      errors.push(
        ...validateLabelSelector(
          term.labelSelector as Parameters<typeof validateLabelSelector>[0],
          where.child("labelSelector"),
        ),
      );
    });
  }
  return errors;
}

function validateNodeTerm(term: V1NodeSelectorTerm, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  (term.matchExpressions ?? []).forEach((expression, index) => {
    const at = path.child("matchExpressions").index(index);
    for (const text of isQualifiedName(expression.key ?? ""))
      errors.push(fieldErrors.invalid(at.child("key"), expression.key, text));
    if (!NODE_OPERATORS.includes(expression.operator))
      errors.push(fieldErrors.invalid(at.child("operator"), expression.operator, "not a valid selector operator"));
    else if (/In$/.test(expression.operator) && (expression.values ?? []).length === 0)
      errors.push(fieldErrors.required(at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"));
  });
  return errors;
}

function validateSpread(spec: V1PodSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  (spec.topologySpreadConstraints ?? []).forEach((constraint, index) => {
    const at = path.index(index);
    if (constraint.maxSkew <= 0)
      errors.push(fieldErrors.invalid(at.child("maxSkew"), constraint.maxSkew, "must be greater than zero"));
    if (!constraint.topologyKey) errors.push(fieldErrors.required(at.child("topologyKey"), "can not be empty"));
    if (!["DoNotSchedule", "ScheduleAnyway"].includes(constraint.whenUnsatisfiable))
      errors.push(
        fieldErrors.notSupported(at.child("whenUnsatisfiable"), constraint.whenUnsatisfiable, [
          "DoNotSchedule",
          "ScheduleAnyway",
        ]),
      );
  });
  return errors;
}
