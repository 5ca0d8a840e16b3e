import { deepClone, deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1Container, V1Pod } from "@drydock/kube-api";
import { type Finding, findings, restoreField } from "../meta/rules.ts";
import { validatePodSpec } from "../pod-spec/validate-pod-spec.ts";
import { qosClassOf } from "./qos-class.ts";

const SPEC = FieldPath.of("spec");
const LISTS = ["containers", "initContainers"] as const;
const RESIZABLE: readonly string[] = ["cpu", "memory"];

/** Nothing but the containers' resources comes from the client. */
export function prepareResize(object: V1Pod, old: V1Pod): void {
  const wanted = object.spec;
  object.spec = deepClone(old.spec);
  restoreField(object, old, "status");
  object.metadata = { ...old.metadata, resourceVersion: object.metadata.resourceVersion };
  for (const list of LISTS)
    object.spec?.[list]?.forEach((container) => {
      const twin = wanted?.[list]?.find(({ name }) => name === container.name);
      if (twin) restoreField(container, twin, "resources");
      if (twin?.resizePolicy) container.resizePolicy = twin.resizePolicy;
    });
}

export function validateResize(object: V1Pod, old: V1Pod): FieldError[] {
  return findings(
    validatePodSpec(object.spec, SPEC),
    qosClassOf(object.spec) !== qosClassOf(old.spec) &&
      fieldErrors.invalid(SPEC, qosClassOf(object.spec), "Pod QOS Class may not change as a result of resizing"),
    LISTS.map((list) =>
      (object.spec?.[list] ?? []).map((container, index) =>
        validateContainer(
          container,
          old.spec?.[list]?.[index],
          SPEC.child(list).index(index).child("resources"),
          list === "initContainers",
        ),
      ),
    ),
  );
}

function validateContainer(
  container: V1Container,
  old: V1Container | undefined,
  path: FieldPath,
  isInit: boolean,
): Finding {
  const { resources } = container;
  if (!old || deepEqual(resources, old.resources)) return [];
  if (isInit && container.restartPolicy !== "Always")
    return fieldErrors.forbidden(path, "resources for non-sidecar init containers are immutable");
  return (["limits", "requests"] as const).map((field) => {
    const [now, before] = [resources?.[field] ?? {}, old.resources?.[field] ?? {}];
    const names = [...new Set([...Object.keys(now), ...Object.keys(before)])];
    return names.map((name) => [
      !RESIZABLE.includes(name) &&
        now[name] !== before[name] &&
        fieldErrors.forbidden(path.child(field).key(name), "only cpu and memory resources are mutable"),
      RESIZABLE.includes(name) &&
        now[name] === undefined &&
        fieldErrors.forbidden(path.child(field), `resource ${field} cannot be removed`),
    ]);
  });
}
