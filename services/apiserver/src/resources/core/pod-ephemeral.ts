import { deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1Pod } from "@drydock/kube-api";
import { findings } from "../meta/rules.ts";
import { validatePodSpec } from "../pod-spec/validate-pod-spec.ts";

const SPEC = FieldPath.of("spec");
const PATH = SPEC.child("ephemeralContainers");

/** Debug containers come; they neither go nor change. */
export function validateEphemeralUpdate(object: V1Pod, old: V1Pod): FieldError[] {
  const now = new Map((object.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]));
  return findings(
    validatePodSpec(object.spec, SPEC),
    (old.spec?.ephemeralContainers ?? []).map((before) => {
      const container = now.get(before.name);
      if (!container)
        return fieldErrors.forbidden(
          PATH,
          `existing ephemeral containers ${JSON.stringify(before.name)} may not be removed\n`,
        );
      return (
        !deepEqual(container, before) &&
        fieldErrors.forbidden(PATH, `existing ephemeral containers ${JSON.stringify(before.name)} may not be changed\n`)
      );
    }),
  );
}
