import type { V1Container, V1PodSpec, V1PodTemplateSpec, V1Probe } from "@drydock/kube-api";
import { pullPolicyOf } from "./pull-policy.ts";
import { setVolumeDefaults } from "./volume-defaults.ts";

/** The defaults of everything inside a pod spec, in pods and in templates alike. Idempotent. */
export function setPodSpecDefaults(spec: V1PodSpec): void {
  spec.restartPolicy ??= "Always";
  spec.dnsPolicy ??= "ClusterFirst";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= "default-scheduler";
  spec.securityContext ??= {};
  // The older name of the field is kept in step.
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  for (const container of spec.initContainers ?? []) setContainerDefaults(container);
  for (const container of spec.containers ?? []) setContainerDefaults(container);
  for (const container of spec.ephemeralContainers ?? []) setContainerDefaults(container as V1Container);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
}

export function setPodTemplateDefaults(template: V1PodTemplateSpec | undefined): void {
  if (template?.spec) setPodSpecDefaults(template.spec);
}

function setContainerDefaults(container: V1Container): void {
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  container.imagePullPolicy ??= pullPolicyOf(container.image ?? "");
  container.resources ??= {};
  for (const port of container.ports ?? []) port.protocol ??= "TCP";
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    if (probe) setProbeDefaults(probe);
  for (const hook of [container.lifecycle?.postStart, container.lifecycle?.preStop])
    if (hook?.httpGet) hook.httpGet.scheme ??= "HTTP";
  for (const variable of container.env ?? []) {
    const reference = variable.valueFrom?.fieldRef;
    if (reference) reference.apiVersion ??= "v1";
    const resource = variable.valueFrom?.resourceFieldRef;
    if (resource) resource.divisor ??= "0";
  }
}

/** What only pods get, no templates of them. */
export function setPodDefaults(spec: V1PodSpec): void {
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (spec.hostNetwork) for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
    setRequests(container);
  }
}

/** A limit is a request where none is made. */
function setRequests({ resources }: V1Container): void {
  if (!resources?.limits) return;
  resources.requests ??= {};
  for (const [name, quantity] of Object.entries(resources.limits)) resources.requests[name] ??= quantity;
}

/** Upstream takes no stop signals yet: their gate is off. */
export function dropDisabledFields(spec: V1PodSpec | undefined): void {
  for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
    if (container.lifecycle?.stopSignal === undefined) continue;
    delete container.lifecycle.stopSignal;
    if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle;
  }
}

function setProbeDefaults(probe: V1Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet) {
    probe.httpGet.scheme ??= "HTTP";
    probe.httpGet.path ||= "/";
  }
  if (probe.grpc) probe.grpc.service ??= "";
}
