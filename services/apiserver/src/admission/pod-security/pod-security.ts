import { forbidden, invalid, type KubeObject } from "@drydock/apimachinery";
import type { V1Namespace, V1Pod, V1PodTemplateSpec } from "@drydock/kube-api";
import type { Registry } from "../../registry/registry.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission.ts";
import type { PodSubject } from "./check.ts";
import { detailText, type LevelVersion, levelText, reasonText, violationsOf } from "./evaluate.ts";
import type { Exemptions, PodSecurityConfig } from "./pod-security-config.ts";
import { isSameLevel, isStricter, labelledPolicy, type Policy, parsePolicy } from "./policy.ts";

/** Of a namespace whose level is raised, at most so many pods are looked at. */
const PODS_MAX = 3000;
const AUDIT = "pod-security.kubernetes.io/";
/** What makes pods: it is only warned of, since its pods will be judged themselves. */
const MAKERS = new Set([
  "ReplicationController",
  "PodTemplate",
  "ReplicaSet",
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
]);

/** Holds pods to the level of the Pod Security Standards that the labels of their namespace name (KEP-2579). */
export function podSecurity(registry: Registry, config: PodSecurityConfig): AdmissionPlugin {
  const namespaces = registry.require("", "v1", "namespaces");
  const policyOf = (namespace: string): Policy =>
    parsePolicy(registry.cached<V1Namespace>(namespaces, "", namespace)?.metadata.labels, config.defaults).policy;
  return {
    name: "PodSecurity",
    validate(request) {
      const { operation, definition, subresource, object } = request;
      if (!object || (operation !== "create" && operation !== "update")) return;
      if (definition.group === "" && definition.kind === "Namespace" && subresource === "")
        validateNamespace(registry, config, request);
      else if (definition.group === "" && definition.kind === "Pod") {
        const pod = judgedPod(request);
        if (pod && !isExempt(config.exemptions, pod, request)) validatePod(policyOf(request.namespace), pod, request);
      } else if (MAKERS.has(definition.kind) && subresource === "") {
        const template = templateOf(object);
        if (template && !isExempt(config.exemptions, template, request))
          tell(policyOf(request.namespace), template, request);
      }
    },
  };
}

/** Undefined when nothing of the request is to be judged. */
function judgedPod({ operation, subresource, object, oldObject }: AdmissionRequest): PodSubject | undefined {
  if (subresource !== "" && subresource !== "ephemeralcontainers") return undefined;
  const { metadata, spec } = object as V1Pod;
  if (!spec || (operation === "update" && !isSignificant(object as V1Pod, oldObject as V1Pod))) return undefined;
  return { metadata, spec };
}

/** Whether nobody judges this, which the audit log is told. */
function isExempt(
  { namespaces, usernames, runtimeClasses }: Exemptions,
  { spec }: PodSubject,
  { namespace, context }: AdmissionRequest,
): boolean {
  const why = namespaces.has(namespace)
    ? "namespace"
    : usernames.has(context.user.name)
      ? "user"
      : runtimeClasses.has(spec.runtimeClassName ?? "")
        ? "runtimeClass"
        : undefined;
  if (why !== undefined) context.annotate?.(`${AUDIT}exempt`, why);
  return why !== undefined;
}

function validatePod(policy: Policy, subject: PodSubject, request: AdmissionRequest): void {
  const { context, name } = request;
  context.annotate?.(`${AUDIT}enforce-policy`, levelText(policy.enforce));
  const violations = violationsOf(subject, policy.enforce);
  if (violations.length === 0) return tell(policy, subject, request);
  annotateViolations(policy, subject, request);
  const reason = `violates PodSecurity ${JSON.stringify(levelText(policy.enforce))}: ${detailText(violations)}`;
  throw forbidden({ group: "", resource: "pods" }, name || (subject.metadata.name ?? ""), reason);
}

/** Tells of what is not refused: the audit log, and whoever asked. */
function tell(policy: Policy, subject: PodSubject, request: AdmissionRequest): void {
  annotateViolations(policy, subject, request);
  const text = wouldViolate(policy.warn, subject);
  if (text !== undefined) request.context.warn(text);
}

function annotateViolations({ audit }: Policy, subject: PodSubject, { context }: AdmissionRequest): void {
  if (!context.annotate) return;
  const text = wouldViolate(audit, subject);
  if (text !== undefined) context.annotate(`${AUDIT}audit-violations`, text);
}

function wouldViolate(level: LevelVersion, subject: PodSubject): string | undefined {
  const violations = violationsOf(subject, level);
  if (violations.length === 0) return undefined;
  return `would violate PodSecurity ${JSON.stringify(levelText(level))}: ${detailText(violations)}`;
}

/** Images are all that can change of a running pod and matter here; and containers that are added. */
function isSignificant({ spec }: V1Pod, { spec: old }: V1Pod): boolean {
  const images = (of: V1Pod["spec"]) =>
    JSON.stringify(
      [of?.containers, of?.initContainers, of?.ephemeralContainers].map((list) =>
        (list ?? []).map(({ name, image }) => [name, image]),
      ),
    );
  return images(spec) !== images(old);
}

function templateOf(object: KubeObject): PodSubject | undefined {
  type Templated = {
    template?: V1PodTemplateSpec;
    spec?: { template?: V1PodTemplateSpec; jobTemplate?: { spec?: { template?: V1PodTemplateSpec } } };
  };
  const { spec, template: own } = object as KubeObject & Templated;
  const template = own ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
  return template?.spec && { metadata: template.metadata ?? ({} as PodSubject["metadata"]), spec: template.spec };
}

/** Labels must make sense; pods that break a level that is raised are told of, and stay. */
function validateNamespace(
  registry: Registry,
  { defaults, exemptions }: PodSecurityConfig,
  { object, oldObject, context }: AdmissionRequest,
): void {
  const { metadata } = object as V1Namespace;
  const { policy, errors } = parsePolicy(metadata.labels, defaults);
  const before = parsePolicy(oldObject?.metadata.labels, defaults);
  if (errors.length > 0 && (!oldObject || before.errors.length === 0))
    throw invalid({ group: "", kind: "Namespace" }, metadata.name, [...errors]);
  const isExempted = exemptions.namespaces.has(metadata.name);
  const labelled = labelledPolicy(metadata.labels, policy);
  if (isExempted && labelled !== "" && (!oldObject || labelled !== labelledPolicy(oldObject.metadata.labels, policy)))
    context.warn(
      `namespace ${JSON.stringify(metadata.name)} is exempt from Pod Security, and the policy (${labelled}) will be ignored`,
    );
  if (!oldObject || isExempted || isSameLevel(policy.enforce, before.policy.enforce)) return;
  if (!isStricter(policy.enforce, before.policy.enforce) && policy.enforce.level !== before.policy.enforce.level)
    return;
  for (const text of warningsOf(registry, metadata.name, policy.enforce)) context.warn(text);
}

function warningsOf(registry: Registry, namespace: string, level: LevelVersion): string[] {
  const pods = [...registry.require("", "v1", "pods").cache.scan()]
    .map(({ object }) => object as V1Pod)
    .filter(({ metadata }) => metadata.namespace === namespace);
  const byReason = new Map<string, string[]>();
  for (const { metadata, spec } of pods.slice(0, PODS_MAX)) {
    const reason = spec ? reasonText(violationsOf({ metadata, spec }, level)) : "";
    if (reason) byReason.set(reason, [...(byReason.get(reason) ?? []), metadata.name].sort());
  }
  const quoted = JSON.stringify(levelText(level));
  const told = [...byReason].map(([reason, [first, ...others]]) => {
    const more = others.length === 0 ? "" : ` (and ${others.length} other ${others.length === 1 ? "pod" : "pods"})`;
    return `${first}${more}: ${reason}`;
  });
  return [
    ...(pods.length > PODS_MAX
      ? [`new PodSecurity enforce level only checked against the first ${PODS_MAX} of ${pods.length} existing pods`]
      : []),
    ...(told.length > 0
      ? [`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${quoted}`]
      : []),
    ...told.sort(),
  ];
}
