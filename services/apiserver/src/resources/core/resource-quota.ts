import { deepEqual, type FieldError, FieldPath, fieldErrors, isQualifiedName } from "@drydock/apimachinery";
import type { V1ResourceQuota, V1ScopedResourceSelectorRequirement } from "@drydock/kube-api";
import { column, defineKind, separateStatus } from "../meta/define-kind.ts";
import { validateIntegerQuantity, validateNonNegativeQuantity } from "../meta/quantity-rules.ts";
import { each, type Finding, findings, invalidTexts } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const COMPUTE = ["cpu", "memory", "ephemeral-storage"];
const COUNTED = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "persistentvolumeclaims",
  "configmaps",
  "services.nodeports",
  "services.loadbalancers",
];
const STANDARD: ReadonlySet<string> = new Set([
  ...COMPUTE,
  ...COMPUTE.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  "requests.storage",
  ...COUNTED,
]);
const SCOPES = [
  "BestEffort",
  "CrossNamespacePodAffinity",
  "NotBestEffort",
  "NotTerminating",
  "PriorityClass",
  "Terminating",
  "VolumeAttributesClass",
];
const OPPOSITES = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;
/** Scopes that say something by being there, and take no values. */
const BARE_SCOPES = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"];

export const resourceQuota = defineKind<V1ResourceQuota>({
  kind: "ResourceQuota",
  resource: "resourcequotas",
  shortNames: ["quota"],
  schema: "io.k8s.api.core.v1.ResourceQuota",
  strategy: {
    ...separateStatus.main,
    prepareForCreate(object) {
      object.status = {};
    },
    validate,
    validateUpdate: (object, old) =>
      findings(
        validate(object),
        !deepEqual([...(object.spec?.scopes ?? [])].sort(), [...(old.spec?.scopes ?? [])].sort()) &&
          fieldErrors.invalid(SPEC.child("scopes"), object.spec?.scopes ?? [], "field is immutable"),
      ),
  },
  columns: [
    column("Request", (object) => usageText(object, (name) => !name.startsWith("limits."))),
    column("Limit", (object) => usageText(object, (name) => name.startsWith("limits."))),
  ],
  subresources: {
    status: {
      prepareForUpdate: separateStatus.status.prepareForUpdate,
      validateUpdate: ({ status }) =>
        findings(
          validateAmounts(status?.hard, FieldPath.of("status", "hard")),
          validateAmounts(status?.used, FieldPath.of("status", "used")),
        ),
    },
  },
});

function usageText({ status }: V1ResourceQuota, isShown: (name: string) => boolean): string {
  const names = Object.keys(status?.hard ?? {})
    .filter(isShown)
    .sort();
  return names.map((name) => `${name}: ${status?.used?.[name] ?? "0"}/${status?.hard?.[name]}`).join(", ");
}

function validate({ spec }: V1ResourceQuota): FieldError[] {
  const expressions = spec?.scopeSelector?.matchExpressions;
  return findings(
    validateAmounts(spec?.hard, SPEC.child("hard")),
    validateScopes(spec?.scopes ?? [], SPEC.child("scopes")),
    expressions && [
      each(expressions, SPEC.child("scopeSelector", "matchExpressions"), validateRequirement),
      validateScopes(
        expressions.map(({ scopeName }) => scopeName),
        SPEC.child("scopeSelector", "matchExpressions"),
      ),
    ],
  );
}

function validateAmounts(amounts: Readonly<Record<string, string>> | undefined, path: FieldPath): Finding {
  return Object.entries(amounts ?? {}).map(([name, quantity]) => {
    const at = path.key(name);
    const isCounted = COUNTED.includes(name) || name.startsWith("count/");
    return [
      invalidTexts(at, name, isQualifiedName(name)),
      !name.includes("/") &&
        !STANDARD.has(name) &&
        !/^requests\.hugepages-|^hugepages-/.test(name) &&
        fieldErrors.invalid(at, name, "must be a standard resource for quota"),
      validateNonNegativeQuantity(quantity, at),
      isCounted && validateIntegerQuantity(quantity, at),
    ];
  });
}

function validateScopes(scopes: readonly string[], path: FieldPath): Finding {
  return [
    scopes.map((scope) => !SCOPES.includes(scope) && fieldErrors.invalid(path, scopes, `unsupported scope`)),
    OPPOSITES.map(
      ([one, other]) =>
        scopes.includes(one) && scopes.includes(other) && fieldErrors.invalid(path, scopes, "conflicting scopes"),
    ),
  ];
}

function validateRequirement(
  { scopeName, operator, values = [] }: V1ScopedResourceSelectorRequirement,
  path: FieldPath,
): Finding {
  const valuesPath = path.child("values");
  if (BARE_SCOPES.includes(scopeName) && operator !== "Exists")
    return fieldErrors.invalid(
      path.child("operator"),
      operator,
      "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
    );
  switch (operator) {
    case "In":
    case "NotIn":
      return (
        values.length === 0 &&
        fieldErrors.required(
          valuesPath,
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        )
      );
    case "Exists":
    case "DoesNotExist":
      return (
        values.length > 0 &&
        fieldErrors.invalid(
          valuesPath,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        )
      );
    default:
      return fieldErrors.invalid(path.child("operator"), operator ?? "", "not a valid selector operator");
  }
}
