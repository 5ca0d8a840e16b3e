import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isConfigMapKey,
  isDns1123Label,
  isEnvVarName,
  isQualifiedName,
  isValidPortName,
  isValidPortNumber,
  quantityFormatMessage,
  tryParseQuantity,
} from "@drydock/apimachinery";
import type {
  V1Container,
  V1ContainerPort,
  V1EnvVar,
  V1LifecycleHandler,
  V1Probe,
  V1ResourceRequirements,
  V1VolumeMount,
} from "@drydock/kube-api";

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const TERMINATION_POLICIES = ["FallbackToLogsOnError", "File"];
const STANDARD_RESOURCES = ["cpu", "ephemeral-storage", "memory"];

export interface ContainerRules {
  readonly volumeNames: ReadonlySet<string>;
  readonly isInit: boolean;
}

/** Upstream's validateContainerCommon, for init and ordinary containers. */
export function validateContainer(container: V1Container, path: FieldPath, rules: ContainerRules): FieldError[] {
  const errors: FieldError[] = [];
  if (!container.name) errors.push(fieldErrors.required(path.child("name")));
  else
    for (const text of isDns1123Label(container.name))
      errors.push(fieldErrors.invalid(path.child("name"), container.name, text));
  if (!container.image) errors.push(fieldErrors.required(path.child("image")));
  else if (container.image !== container.image.trim())
    errors.push(
      fieldErrors.invalid(path.child("image"), container.image, "must not have leading or trailing whitespace"),
    );
  if (container.imagePullPolicy && !PULL_POLICIES.includes(container.imagePullPolicy))
    errors.push(fieldErrors.notSupported(path.child("imagePullPolicy"), container.imagePullPolicy, PULL_POLICIES));
  if (container.terminationMessagePolicy && !TERMINATION_POLICIES.includes(container.terminationMessagePolicy))
    errors.push(
      fieldErrors.notSupported(
        path.child("terminationMessagePolicy"),
        container.terminationMessagePolicy,
        TERMINATION_POLICIES,
      ),
    );
  errors.push(...validatePorts(container.ports ?? [], path.child("ports")));
  errors.push(...validateEnv(container.env ?? [], path.child("env")));
  errors.push(...validateEnvFrom(container, path.child("envFrom")));
  errors.push(...validateVolumeMounts(container.volumeMounts ?? [], path.child("volumeMounts"), rules.volumeNames));
  errors.push(...validateResources(container.resources ?? {}, path.child("resources")));
  errors.push(...validateLifecycleAndProbes(container, path, rules));
  return errors;
}

function validatePorts(ports: readonly V1ContainerPort[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const at = path.index(index);
    if (port.name) {
      for (const text of isValidPortName(port.name))
        errors.push(fieldErrors.invalid(at.child("name"), port.name, text));
      if (names.has(port.name)) errors.push(fieldErrors.duplicate(at.child("name"), port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(fieldErrors.required(at.child("containerPort")));
    else
      for (const text of isValidPortNumber(port.containerPort))
        errors.push(fieldErrors.invalid(at.child("containerPort"), port.containerPort, text));
    if (port.hostPort)
      for (const text of isValidPortNumber(port.hostPort))
        errors.push(fieldErrors.invalid(at.child("hostPort"), port.hostPort, text));
    if (!port.protocol) errors.push(fieldErrors.required(at.child("protocol")));
    else if (!PROTOCOLS.includes(port.protocol))
      errors.push(fieldErrors.notSupported(at.child("protocol"), port.protocol, PROTOCOLS));
  });
  return errors;
}

function validateEnv(env: readonly V1EnvVar[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  env.forEach((variable, index) => {
    const at = path.index(index);
    if (!variable.name) errors.push(fieldErrors.required(at.child("name")));
    else
      for (const text of isEnvVarName(variable.name))
        errors.push(fieldErrors.invalid(at.child("name"), variable.name, text));
    const from = variable.valueFrom;
    if (!from) return;
    const sources = Object.values(from).filter((source) => source !== undefined).length;
    if (variable.value)
      errors.push(fieldErrors.invalid(at.child("valueFrom"), "", "may not be specified when `value` is not empty"));
    if (sources === 0)
      errors.push(
        fieldErrors.invalid(
          at.child("valueFrom"),
          "",
          "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`",
        ),
      );
    else if (sources > 1)
      errors.push(
        fieldErrors.invalid(at.child("valueFrom"), "", "may not have more than one field specified at a time"),
      );
    for (const field of ["configMapKeyRef", "secretKeyRef"] as const) {
      const reference = from[field];
      if (!reference) continue;
      if (!reference.key) errors.push(fieldErrors.required(at.child("valueFrom", field, "key")));
      else
        for (const text of isConfigMapKey(reference.key))
          errors.push(fieldErrors.invalid(at.child("valueFrom", field, "key"), reference.key, text));
    }
    if (from.fieldRef && !from.fieldRef.fieldPath)
      errors.push(fieldErrors.required(at.child("valueFrom", "fieldRef", "fieldPath")));
  });
  return errors;
}

function validateEnvFrom(container: V1Container, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  (container.envFrom ?? []).forEach((source, index) => {
    const at = path.index(index);
    if (source.prefix)
      for (const text of isEnvVarName(source.prefix))
        errors.push(fieldErrors.invalid(at.child("prefix"), source.prefix, text));
    if (!source.configMapRef && !source.secretRef)
      errors.push(fieldErrors.invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"));
    if (source.configMapRef && source.secretRef)
      errors.push(fieldErrors.invalid(at, "", "may not have more than one field specified at a time"));
  });
  return errors;
}

function validateVolumeMounts(
  mounts: readonly V1VolumeMount[],
  path: FieldPath,
  volumeNames: ReadonlySet<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  mounts.forEach((mount, index) => {
    const at = path.index(index);
    if (!mount.name) errors.push(fieldErrors.required(at.child("name")));
    else if (!volumeNames.has(mount.name)) errors.push(fieldErrors.notFoundValue(at.child("name"), mount.name));
    if (!mount.mountPath) errors.push(fieldErrors.required(at.child("mountPath")));
    if (seen.has(mount.mountPath))
      errors.push(fieldErrors.invalid(at.child("mountPath"), mount.mountPath, "must be unique"));
    seen.add(mount.mountPath);
    if (mount.subPath?.startsWith("/"))
      errors.push(fieldErrors.invalid(at.child("subPath"), mount.subPath, "must be a relative path"));
    if (mount.subPath?.split("/").includes(".."))
      errors.push(fieldErrors.invalid(at.child("subPath"), mount.subPath, "must not contain '..'"));
  });
  return errors;
}

function validateResources(resources: V1ResourceRequirements, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const kind of ["limits", "requests"] as const) {
    for (const [name, text] of Object.entries(resources[kind] ?? {})) {
      const at = path.child(kind).key(name);
      for (const message of isQualifiedName(name)) errors.push(fieldErrors.invalid(at, name, message));
      if (!name.includes("/") && !STANDARD_RESOURCES.includes(name) && !name.startsWith("hugepages-"))
        errors.push(fieldErrors.invalid(at, name, "must be a standard resource for containers"));
      const quantity = tryParseQuantity(String(text));
      if (!quantity) errors.push(fieldErrors.invalid(at, text, quantityFormatMessage));
      else if (quantity.milliValue() < 0)
        errors.push(fieldErrors.invalid(at, text, "must be greater than or equal to 0"));
    }
  }
  for (const [name, text] of Object.entries(resources.requests ?? {})) {
    const limit = tryParseQuantity(String(resources.limits?.[name] ?? ""));
    const request = tryParseQuantity(String(text));
    if (!limit || !request || request.milliValue() <= limit.milliValue()) continue;
    errors.push(
      fieldErrors.invalid(
        path.child("requests"),
        text,
        `must be less than or equal to ${name} limit of ${resources.limits?.[name]}`,
      ),
    );
  }
  return errors;
}

function validateLifecycleAndProbes(container: V1Container, path: FieldPath, { isInit }: ContainerRules): FieldError[] {
  const errors: FieldError[] = [];
  const isSidecar = container.restartPolicy === "Always";
  for (const kind of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const probe = container[kind];
    if (!probe) continue;
    if (isInit && !isSidecar)
      errors.push(
        fieldErrors.forbidden(path.child(kind), "may not be set for init containers without restartPolicy=Always"),
      );
    else errors.push(...validateProbe(probe, path.child(kind), kind));
  }
  for (const kind of ["postStart", "preStop"] as const) {
    const hook = container.lifecycle?.[kind];
    if (hook)
      errors.push(...validateHandler(hook, path.child("lifecycle", kind), ["exec", "httpGet", "tcpSocket", "sleep"]));
  }
  return errors;
}

function validateProbe(probe: V1Probe, path: FieldPath, kind: string): FieldError[] {
  const errors = validateHandler(probe, path, ["exec", "httpGet", "tcpSocket", "grpc"]);
  for (const field of [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const) {
    const value = probe[field];
    if (value !== undefined && value < 0)
      errors.push(fieldErrors.invalid(path.child(field), value, "must be greater than or equal to 0"));
  }
  if (kind !== "readinessProbe" && probe.successThreshold !== undefined && probe.successThreshold !== 1)
    errors.push(fieldErrors.invalid(path.child("successThreshold"), probe.successThreshold, "must be 1"));
  return errors;
}

function validateHandler(
  handler: V1LifecycleHandler & V1Probe,
  path: FieldPath,
  kinds: readonly ("exec" | "httpGet" | "tcpSocket" | "grpc" | "sleep")[],
): FieldError[] {
  const present = kinds.filter((kind) => handler[kind] !== undefined);
  if (present.length === 0) return [fieldErrors.required(path, "must specify a handler type")];
  const errors = present
    .slice(1)
    .map((kind) => fieldErrors.forbidden(path.child(kind), "may not specify more than 1 handler type"));
  if (handler.exec && (handler.exec.command ?? []).length === 0)
    errors.push(fieldErrors.required(path.child("exec", "command")));
  for (const kind of ["httpGet", "tcpSocket"] as const) {
    const port = handler[kind]?.port;
    if (port === undefined) continue;
    const messages = typeof port === "number" ? isValidPortNumber(port) : isValidPortName(port);
    for (const text of messages) errors.push(fieldErrors.invalid(path.child(kind, "port"), port, text));
  }
  return errors;
}
