import type { V1Container, V1PodSpec, V1PodTemplateSpec, V1Probe, V1Volume } from "@drydock/kube-api";

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
  for (const container of spec.initContainers ?? []) setContainerDefaults(container, spec);
  for (const container of spec.containers ?? []) setContainerDefaults(container, spec);
  for (const container of spec.ephemeralContainers ?? []) setContainerDefaults(container as V1Container, spec);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
}

export function setPodTemplateDefaults(template: V1PodTemplateSpec | undefined): void {
  if (template?.spec) setPodSpecDefaults(template.spec);
}

function setContainerDefaults(container: V1Container, spec: V1PodSpec): void {
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  container.imagePullPolicy ??= pullPolicyOf(container.image ?? "");
  container.resources ??= {};
  for (const port of container.ports ?? []) {
    port.protocol ??= "TCP";
    if (spec.hostNetwork && !port.hostPort) port.hostPort = port.containerPort;
  }
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
  // A limit is a request where none is made.
  const { limits } = container.resources;
  if (limits) {
    container.resources.requests ??= {};
    for (const [name, quantity] of Object.entries(limits)) container.resources.requests[name] ??= quantity;
  }
}

/** `latest`, spoken or unspoken, may have moved. */
function pullPolicyOf(image: string): "Always" | "IfNotPresent" {
  if (image.includes("@")) return "IfNotPresent";
  const last = image.slice(image.lastIndexOf("/") + 1);
  const colon = last.indexOf(":");
  return colon < 0 || last.slice(colon + 1) === "latest" ? "Always" : "IfNotPresent";
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

const FILE_MODE = 0o644;

function setVolumeDefaults(volume: V1Volume): void {
  const sources = Object.keys(volume).filter((field) => field !== "name");
  if (sources.length === 0) volume.emptyDir = {};
  if (volume.configMap) volume.configMap.defaultMode ??= FILE_MODE;
  if (volume.secret) volume.secret.defaultMode ??= FILE_MODE;
  if (volume.downwardAPI) volume.downwardAPI.defaultMode ??= FILE_MODE;
  if (volume.hostPath) volume.hostPath.type ??= "";
  if (volume.projected) {
    volume.projected.defaultMode ??= FILE_MODE;
    for (const source of volume.projected.sources ?? []) {
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
      for (const item of source.downwardAPI?.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ??= "v1";
    }
  }
  for (const item of volume.downwardAPI?.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ??= "v1";
}
