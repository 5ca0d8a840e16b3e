import { FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1ControllerRevision } from "@drydock/kube-api";
import { column, defineKind } from "../meta/define-kind.ts";
import { immutable } from "../meta/rules.ts";

export const controllerRevision = defineKind<V1ControllerRevision>({
  group: "apps",
  kind: "ControllerRevision",
  resource: "controllerrevisions",
  schema: "io.k8s.api.apps.v1.ControllerRevision",
  strategy: {
    validate: ({ revision, data }) => [
      ...(data === undefined ? [fieldErrors.required(FieldPath.of("data"), "data is mandatory")] : []),
      ...(revision < 0
        ? [fieldErrors.invalid(FieldPath.of("revision"), revision, "must be greater than or equal to 0")]
        : []),
    ],
    validateUpdate: (object, old) => immutable(object.data, old.data, FieldPath.of("data")),
  },
  columns: [
    column("Controller", ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller);
      return owner ? `${owner.kind.toLowerCase()}.${owner.apiVersion.split("/")[0]}/${owner.name}` : "<none>";
    }),
    column("Revision", ({ revision }) => revision),
  ],
});
