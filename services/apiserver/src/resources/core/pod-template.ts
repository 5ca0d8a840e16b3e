import { FieldPath } from "@drydock/apimachinery";
import type { V1PodTemplate } from "@drydock/kube-api";
import { workloadContainers, workloadImages } from "../apps/workload-columns.ts";
import { column, defineKind, nameColumn } from "../meta/define-kind.ts";
import { dropDisabledFields, setPodTemplateDefaults } from "../pod-spec/defaults.ts";
import { validatePodTemplate } from "../pod-spec/validate-pod-spec.ts";
import { selectorText } from "./service.ts";

const TEMPLATE = FieldPath.of("template");

export const podTemplate = defineKind<V1PodTemplate>({
  kind: "PodTemplate",
  resource: "podtemplates",
  schema: "io.k8s.api.core.v1.PodTemplate",
  strategy: {
    dropDisabled: ({ template }) => dropDisabledFields(template?.spec),
    generationOf: ({ template }) => template ?? {},
    setDefaults: ({ template }) => setPodTemplateDefaults(template),
    validate: ({ template }) => validatePodTemplate(template, TEMPLATE),
    validateUpdate: ({ template }) => validatePodTemplate(template, TEMPLATE),
  },
  allColumns: [
    nameColumn,
    column("Containers", ({ template }) => workloadContainers(template)),
    column("Images", ({ template }) => workloadImages(template)),
    column("Pod Labels", ({ template }) => selectorText(template?.metadata?.labels)),
  ],
});
