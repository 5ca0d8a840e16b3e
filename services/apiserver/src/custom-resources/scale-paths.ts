import { isRecord, type KubeObject } from "@drydock/apimachinery";
import type { V1CustomResourceSubresourceScale } from "@drydock/kube-api";
import type { Subresources } from "../registry/definition.ts";

/** The scale subresource of a custom kind, by its paths. */
export function scaleByPaths(paths: V1CustomResourceSubresourceScale): NonNullable<Subresources<KubeObject>["scale"]> {
  const spec = fieldsOf(paths.specReplicasPath);
  const status = fieldsOf(paths.statusReplicasPath);
  const selector = paths.labelSelectorPath === undefined ? undefined : fieldsOf(paths.labelSelectorPath);
  return {
    replicasPath: spec.join("."),
    specReplicas: (object) => numberAt(object, spec),
    statusReplicas: (object) => numberAt(object, status),
    selector: (object) => {
      const found = selector && valueAt(object, selector);
      return typeof found === "string" ? found : "";
    },
    setSpecReplicas: (object, replicas) => setAt(object, spec, replicas),
  };
}

function fieldsOf(path: string): string[] {
  return path.replace(/^\./, "").split(".");
}

function valueAt(object: unknown, fields: readonly string[]): unknown {
  return fields.reduce<unknown>((value, field) => (isRecord(value) ? value[field] : undefined), object);
}

function numberAt(object: unknown, fields: readonly string[]): number {
  const value = valueAt(object, fields);
  return typeof value === "number" ? value : 0;
}

function setAt(object: KubeObject, fields: readonly string[], value: unknown): void {
  let at = object as unknown as Record<string, unknown>;
  for (const field of fields.slice(0, -1)) {
    if (!isRecord(at[field])) at[field] = {};
    at = at[field] as Record<string, unknown>;
  }
  at[fields.at(-1) as string] = value;
}
