import type { V1Container, V1EnvFromSource, V1EnvVar, V1Pod } from "@drydock/kube-api";
import { type DownwardContext, podFieldValue, resourceFieldValue } from "./downward-api.ts";
import { expand } from "./expand.ts";
import { ContainerConfigError, type ObjectSource } from "./object-source.ts";
import { serviceEnvironment } from "./service-environment.ts";

/**
 * All variables of a container in order of precedence: Services', then envFrom, then env (later ones win; env may refer to
 * earlier ones). Rejects with ContainerConfigError when a required reference is missing.
 */
export async function makeEnvironment(
  pod: V1Pod,
  container: V1Container,
  objects: ObjectSource,
  context: DownwardContext,
): Promise<{ name: string; value: string }[]> {
  const services = serviceEnvironment(
    objects.servicesFor(pod.metadata.namespace ?? "", pod.spec?.enableServiceLinks !== false),
  );
  const variables = new Map<string, string>();
  for (const source of container.envFrom ?? []) await addEnvFrom(variables, pod, source, objects);
  const lookup = (name: string) => variables.get(name) ?? services.get(name);
  for (const variable of container.env ?? []) {
    const value = await envValue(pod, container, variable, objects, context, lookup);
    if (value !== undefined) variables.set(variable.name, value);
  }
  for (const [name, value] of services) if (!variables.has(name)) variables.set(name, value);
  return [...variables].map(([name, value]) => ({ name, value }));
}

async function addEnvFrom(
  variables: Map<string, string>,
  pod: V1Pod,
  source: V1EnvFromSource,
  objects: ObjectSource,
): Promise<void> {
  const namespace = pod.metadata.namespace ?? "";
  const prefix = source.prefix ?? "";
  if (source.configMapRef) {
    const data = (await requireConfigMap(objects, namespace, source.configMapRef))?.data ?? {};
    for (const [key, value] of Object.entries(data)) variables.set(prefix + key, value);
  }
  if (source.secretRef) {
    const data = (await requireSecret(objects, namespace, source.secretRef))?.data ?? {};
    for (const [key, value] of Object.entries(data)) variables.set(prefix + key, decodeText(value));
  }
}

async function envValue(
  pod: V1Pod,
  container: V1Container,
  variable: V1EnvVar,
  objects: ObjectSource,
  context: DownwardContext,
  lookup: (name: string) => string | undefined,
): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (!from) return expand(variable.value ?? "", lookup);
  const namespace = pod.metadata.namespace ?? "";
  if (from.fieldRef) {
    const value = podFieldValue(pod, from.fieldRef.fieldPath, context);
    if (value === undefined) throw new ContainerConfigError(`unsupported field path: ${from.fieldRef.fieldPath}`);
    return value;
  }
  if (from.resourceFieldRef) {
    const named = from.resourceFieldRef.containerName;
    const target = named ? pod.spec?.containers.find((other) => other.name === named) : container;
    const value = target && resourceFieldValue(target, from.resourceFieldRef, context);
    if (value === undefined)
      throw new ContainerConfigError(`cannot resolve resource field ${from.resourceFieldRef.resource}`);
    return value;
  }
  if (from.configMapKeyRef) {
    const { key } = from.configMapKeyRef;
    const configMap = await requireConfigMap(objects, namespace, from.configMapKeyRef);
    const value = configMap?.data?.[key];
    if (value === undefined && configMap && !from.configMapKeyRef.optional)
      throw new ContainerConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${configMap.metadata.name}`);
    return value;
  }
  if (from.secretKeyRef) {
    const { key } = from.secretKeyRef;
    const secret = await requireSecret(objects, namespace, from.secretKeyRef);
    const value = secret?.data?.[key];
    if (value === undefined && secret && !from.secretKeyRef.optional)
      throw new ContainerConfigError(`couldn't find key ${key} in Secret ${namespace}/${secret.metadata.name}`);
    return value === undefined ? undefined : decodeText(value);
  }
  return undefined;
}

interface Reference {
  readonly name?: string;
  readonly optional?: boolean;
}

/** The object, or undefined when it is missing and may be. */
export async function requireConfigMap(objects: ObjectSource, namespace: string, reference: Reference) {
  const found = await objects.configMap(namespace, reference.name ?? "");
  if (!found && !reference.optional) throw new ContainerConfigError(`configmap "${reference.name}" not found`);
  return found;
}

export async function requireSecret(objects: ObjectSource, namespace: string, reference: Reference) {
  const found = await objects.secret(namespace, reference.name ?? "");
  if (!found && !reference.optional) throw new ContainerConfigError(`secret "${reference.name}" not found`);
  return found;
}

function decodeText(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
