import { type FieldError, FieldPath, fieldErrors, isDns1123Label, stringifyJson } from "@drydock/apimachinery";
import type { V1RuntimeClass } from "@drydock/kube-api";
import { column, defineKind } from "../meta/define-kind.ts";
import { validateLabels } from "../meta/label-rules.ts";
import { validateNonNegativeQuantity } from "../meta/quantity-rules.ts";
import { findings, immutable, invalidTexts } from "../meta/rules.ts";
import { validateTolerations } from "../pod-spec/validate-tolerations.ts";

export const runtimeClass = defineKind<V1RuntimeClass>({
  group: "node.k8s.io",
  kind: "RuntimeClass",
  resource: "runtimeclasses",
  isNamespaced: false,
  schema: "io.k8s.api.node.v1.RuntimeClass",
  strategy: {
    validate,
    validateUpdate: (object, old) => immutable(object.handler, old.handler, FieldPath.of("handler")),
  },
  columns: [column("Handler", ({ handler }) => handler)],
});

function validate({ handler, overhead, scheduling }: V1RuntimeClass): FieldError[] {
  const path = FieldPath.of("scheduling");
  const tolerations = scheduling?.tolerations ?? [];
  return findings(
    handler
      ? invalidTexts(FieldPath.of("handler"), handler, isDns1123Label(handler))
      : fieldErrors.required(FieldPath.of("handler")),
    ...Object.entries(overhead?.podFixed ?? {}).map(([name, quantity]) =>
      validateNonNegativeQuantity(quantity, FieldPath.of("overhead", "podFixed").key(name)),
    ),
    validateLabels(scheduling?.nodeSelector, path.child("nodeSelector")),
    validateTolerations(tolerations, path.child("tolerations")),
    tolerations.map((toleration, index) => {
      const id = stringifyJson(toleration);
      const isTwin = tolerations.slice(0, index).some((earlier) => stringifyJson(earlier) === id);
      return isTwin && fieldErrors.duplicate(path.child("tolerations").index(index), toleration);
    }),
  );
}
