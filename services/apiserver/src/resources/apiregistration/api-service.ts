import {
  type FieldError,
  FieldPath,
  fieldErrors,
  isDns1035Label,
  isDns1123Subdomain,
  isValidPortNumber,
} from "@drydock/apimachinery";
import type { V1APIService } from "@drydock/kube-api";
import { column, defineKind, separateStatus } from "../meta/define-kind.ts";
import { findings } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const GROUP_PRIORITY_MAX = 20_000;
const VERSION_PRIORITY_MAX = 1000;

export const apiService = defineKind<V1APIService>({
  group: "apiregistration.k8s.io",
  kind: "APIService",
  resource: "apiservices",
  categories: ["api-extensions"],
  isNamespaced: false,
  schema: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  storagePrefix: "apiregistration.k8s.io/apiservices",
  strategy: {
    ...separateStatus.main,
    // The name follows from group and version, which validation sees to.
    validateName: () => [],
    setDefaults({ spec }) {
      if (spec?.service) spec.service.port ??= 443;
    },
    prepareForCreate(object) {
      object.status = {};
      // A version that this server serves itself is there.
      if (!object.spec?.service)
        object.status.conditions = [
          {
            type: "Available",
            status: "True",
            reason: "Local",
            message: "Local APIServices are always available",
          },
        ];
    },
    validate,
    validateUpdate: validate,
    allowUnconditionalUpdate: false,
  },
  columns: [
    column("Service", ({ spec }) => (spec?.service ? `${spec.service.namespace}/${spec.service.name}` : "Local")),
    column("Available", availableText),
  ],
  subresources: {
    status: {
      ...separateStatus.statusAlone,
      validateUpdate: ({ status }) =>
        (status?.conditions ?? []).flatMap(({ status: value }, index) =>
          ["True", "False", "Unknown"].includes(value)
            ? []
            : [
                fieldErrors.notSupported(
                  FieldPath.of("status", "conditions").index(index).child("status"),
                  value ?? "",
                  ["False", "True", "Unknown"],
                ),
              ],
        ),
    },
  },
});

function validate({ metadata, spec }: V1APIService): FieldError[] {
  const { group = "", version = "", service, groupPriorityMinimum = 0, versionPriority = 0 } = spec ?? {};
  const insecure = spec?.insecureSkipTLSVerify ?? false;
  const hasBundle = (spec?.caBundle ?? "") !== "";
  const wanted = `${version}.${group}`;
  const versionTexts = isDns1035Label(version);
  const groupTexts = group === "" ? [] : isDns1123Subdomain(group);
  const inRange = (field: "groupPriorityMinimum" | "versionPriority", value: number, max: number) =>
    (value <= 0 || value > max) &&
    fieldErrors.invalid(SPEC.child(field), value, `must be positive and less than ${max}`);
  return findings(
    !!metadata.name &&
      metadata.name !== wanted &&
      fieldErrors.invalid(
        FieldPath.of("metadata", "name"),
        metadata.name,
        `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`,
      ),
    group === "" &&
      version !== "v1" &&
      fieldErrors.required(SPEC.child("group"), "only v1 may have an empty group and it better be legacy kube"),
    groupTexts.map((text) => fieldErrors.invalid(SPEC.child("group"), group, text)),
    versionTexts.map((text) => fieldErrors.invalid(SPEC.child("version"), version, text)),
    inRange("groupPriorityMinimum", groupPriorityMinimum, GROUP_PRIORITY_MAX),
    inRange("versionPriority", versionPriority, VERSION_PRIORITY_MAX),
    service
      ? [
          !service.namespace && fieldErrors.required(SPEC.child("service", "namespace")),
          !service.name && fieldErrors.required(SPEC.child("service", "name")),
          isValidPortNumber(service.port ?? 0).map((text) =>
            fieldErrors.invalid(SPEC.child("service", "port"), service.port ?? 0, `port is not valid: ${text}`),
          ),
          insecure &&
            hasBundle &&
            fieldErrors.invalid(
              SPEC.child("insecureSkipTLSVerify"),
              insecure,
              "may not be true if caBundle is present",
            ),
        ]
      : [
          hasBundle &&
            fieldErrors.invalid(
              SPEC.child("caBundle"),
              `${Buffer.from(spec?.caBundle ?? "", "base64").length} bytes`,
              "local APIServices may not have a caBundle",
            ),
          insecure &&
            fieldErrors.invalid(
              SPEC.child("insecureSkipTLSVerify"),
              insecure,
              "local APIServices may not have insecureSkipTLSVerify",
            ),
        ],
  );
}

function availableText({ status }: V1APIService): string {
  const available = status?.conditions?.find(({ type }) => type === "Available");
  if (!available) return "Unknown";
  return available.status === "True" ? "True" : `${available.status} (${available.reason ?? ""})`;
}
