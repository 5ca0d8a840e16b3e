import { type FieldError, FieldPath, fieldErrors, isDns1123Label, isDns1123Subdomain } from "@drydock/apimachinery";
import type {
  FlowcontrolV1Subject,
  V1FlowSchema,
  V1NonResourcePolicyRule,
  V1ResourcePolicyRule,
} from "@drydock/kube-api";
import { ageColumn, column, defineKind, generationFromSpec, separateStatus } from "../meta/define-kind.ts";
import { each, type Finding, findings, invalidTexts, optionalOneOf } from "../meta/rules.ts";
import { validateFlowConditions } from "./flow-conditions.ts";

const SPEC = FieldPath.of("spec");
const PRECEDENCE_DEFAULT = 1000;
const PRECEDENCE_MAX = 10_000;
const VERBS = ["*", "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

export const flowSchema = defineKind<V1FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  kind: "FlowSchema",
  resource: "flowschemas",
  isNamespaced: false,
  schema: "io.k8s.api.flowcontrol.v1.FlowSchema",
  strategy: {
    ...generationFromSpec,
    ...separateStatus.main,
    setDefaults({ spec }) {
      if (spec) spec.matchingPrecedence ||= PRECEDENCE_DEFAULT;
    },
    prepareForCreate(object) {
      object.status = {};
    },
    validate,
    validateUpdate: validate,
  },
  columns: [
    column("PriorityLevel", ({ spec }) => spec?.priorityLevelConfiguration?.name ?? ""),
    column("MatchingPrecedence", ({ spec }) => spec?.matchingPrecedence ?? 0),
    column("DistinguisherMethod", ({ spec }) => spec?.distinguisherMethod?.type ?? "<none>"),
    ageColumn,
    column("MissingPL", ({ status }) => status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?"),
  ],
  tableOrder: (a, b) =>
    (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0) ||
    ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1),
  subresources: {
    status: {
      ...separateStatus.statusAlone,
      validateUpdate: ({ status }) => validateFlowConditions(status?.conditions),
    },
  },
});

function validate({ metadata, spec }: V1FlowSchema): FieldError[] {
  const precedence = spec?.matchingPrecedence ?? 0;
  const level = spec?.priorityLevelConfiguration?.name;
  const at = SPEC.child("matchingPrecedence");
  const levelPath = SPEC.child("priorityLevelConfiguration", "name");
  return findings(
    precedence <= 0 && fieldErrors.invalid(at, precedence, "must be a positive value"),
    precedence > PRECEDENCE_MAX && fieldErrors.invalid(at, precedence, `must not be greater than ${PRECEDENCE_MAX}`),
    precedence === 1 &&
      metadata.name !== "exempt" &&
      fieldErrors.invalid(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"),
    spec?.distinguisherMethod &&
      optionalOneOf(SPEC.child("distinguisherMethod", "type"), spec.distinguisherMethod.type ?? "", [
        "ByNamespace",
        "ByUser",
      ]),
    level
      ? invalidTexts(levelPath, level, isDns1123Subdomain(level))
      : fieldErrors.required(levelPath, "must reference a priority level"),
    each(spec?.rules, SPEC.child("rules"), ({ subjects = [], resourceRules = [], nonResourceRules = [] }, path) => [
      subjects.length === 0 && fieldErrors.required(path.child("subjects"), "subjects must contain at least one value"),
      each(subjects, path.child("subjects"), validateSubject),
      resourceRules.length === 0 &&
        nonResourceRules.length === 0 &&
        fieldErrors.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"),
      each(resourceRules, path.child("resourceRules"), validateResourceRule),
      each(nonResourceRules, path.child("nonResourceRules"), validateNonResourceRule),
    ]),
  );
}

function validateSubject({ kind, user, group, serviceAccount }: FlowcontrolV1Subject, path: FieldPath): Finding {
  const own = { User: "user", Group: "group", ServiceAccount: "serviceAccount" } as const;
  const given = { user, group, serviceAccount };
  const expected = own[kind as keyof typeof own];
  if (!expected) return fieldErrors.notSupported(path.child("kind"), kind ?? "", Object.keys(own).sort());
  const at = path.child(expected);
  if (!given[expected]) return fieldErrors.required(at, `${expected} is required when subject kind is '${kind}'`);
  return [
    !given[expected].name && fieldErrors.required(at.child("name")),
    serviceAccount &&
      (serviceAccount.namespace
        ? invalidTexts(at.child("namespace"), serviceAccount.namespace, isDns1123Label(serviceAccount.namespace))
        : fieldErrors.required(at.child("namespace"), "must specify namespace for service account")),
    Object.values(own)
      .filter((field) => field !== expected && given[field])
      .map((field) =>
        fieldErrors.forbidden(path.child(field), `${field} is forbidden when subject kind is not '${field}'`),
      ),
  ];
}

/** `*` stands alone. */
function validateList(values: readonly string[] | undefined, path: FieldPath, what: string): Finding {
  if ((values ?? []).length === 0) return fieldErrors.required(path, `${what} must contain at least one value`);
  return (
    (values ?? []).length > 1 &&
    values?.includes("*") &&
    fieldErrors.invalid(path, values, `if '*' is present, must not specify other ${what}`)
  );
}

function validateResourceRule(rule: V1ResourcePolicyRule, path: FieldPath): Finding {
  const { verbs, apiGroups, resources, namespaces = [], clusterScope } = rule;
  return [
    validateVerbs(verbs, path.child("verbs"), VERBS),
    validateList(apiGroups, path.child("apiGroups"), "api groups"),
    validateList(resources, path.child("resources"), "resources"),
    namespaces.length === 0 &&
      !clusterScope &&
      fieldErrors.required(
        path.child("namespaces"),
        "resource rules that are not cluster scoped must supply at least one namespace",
      ),
    namespaces.length > 1 &&
      namespaces.includes("*") &&
      fieldErrors.invalid(path.child("namespaces"), namespaces, "if '*' is present, must not specify other namespaces"),
    each(namespaces, path.child("namespaces"), (namespace, at) =>
      namespace === "*" ? [] : invalidTexts(at, namespace, isDns1123Label(namespace)),
    ),
  ];
}

function validateVerbs(verbs: readonly string[] | undefined, path: FieldPath, known: readonly string[]): Finding {
  return [
    validateList(verbs, path, "verbs"),
    verbs?.some((verb) => !known.includes(verb)) && fieldErrors.notSupported(path, verbs, known),
  ];
}

function validateNonResourceRule({ verbs, nonResourceURLs }: V1NonResourcePolicyRule, path: FieldPath): Finding {
  const known = ["*", "delete", "get", "head", "options", "patch", "post", "put"];
  return [
    validateVerbs(verbs, path.child("verbs"), known),
    validateList(nonResourceURLs, path.child("nonResourceURLs"), "nonResourceURLs"),
    each(nonResourceURLs, path.child("nonResourceURLs"), (url, at) => {
      if (url === "*") return undefined;
      if (!url.startsWith("/")) return fieldErrors.invalid(at, url, "must start with slash");
      if (url.includes(" ")) return fieldErrors.invalid(at, url, "must not contain white-space");
      if (url.includes("//")) return fieldErrors.invalid(at, url, "must not contain double slash");
      const star = url.indexOf("*");
      return (
        star >= 0 &&
        (star !== url.length - 1 || url.at(star - 1) !== "/") &&
        fieldErrors.invalid(at, url, "wildcard can only do suffix matching")
      );
    }),
  ];
}
