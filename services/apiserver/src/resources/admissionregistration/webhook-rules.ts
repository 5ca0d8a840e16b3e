import { type FieldError, FieldPath, fieldErrors, isDns1035Label } from "@drydock/apimachinery";
import type { V1MutatingWebhook, V1ValidatingWebhook } from "@drydock/kube-api";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { duplicates, each, type Finding, findings, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";
import { validateFullyQualifiedName, validateWebhookClient } from "../meta/webhook-client-rules.ts";
import { validateMatchConditions } from "./validate-expressions.ts";
import { FAILURE_POLICIES, MATCH_POLICIES, setRuleDefaults, validateRule } from "./validate-rules.ts";

const HOOKS = FieldPath.of("webhooks");
const REVIEW_VERSIONS = ["v1", "v1beta1"];
const SIDE_EFFECTS = ["None", "NoneOnDryRun"];
const TIMEOUT_SECONDS_MAX = 30;
const HTTPS_PORT = 443;

type Webhook = V1ValidatingWebhook & Pick<V1MutatingWebhook, "reinvocationPolicy">;

export function setWebhookDefaults(hook: Webhook): void {
  hook.failurePolicy ??= "Fail";
  hook.matchPolicy ??= "Equivalent";
  hook.namespaceSelector ??= {};
  hook.objectSelector ??= {};
  hook.timeoutSeconds ??= 10;
  setRuleDefaults(hook.rules);
  if (hook.clientConfig?.service) hook.clientConfig.service.port ??= HTTPS_PORT;
}

export function validateWebhooks(hooks: readonly Webhook[] | undefined): FieldError[] {
  return findings(
    each(hooks, HOOKS, (hook, path) => [
      validateWebhook(hook, path),
      validateReviewVersions(hook.admissionReviewVersions, path.child("admissionReviewVersions")),
    ]),
    duplicates(
      hooks,
      (index) => HOOKS.index(index).child("name"),
      ({ name }) => name,
    ),
  );
}

function validateWebhook(hook: Webhook, path: FieldPath): Finding {
  const { timeoutSeconds: seconds } = hook;
  return [
    validateFullyQualifiedName(hook.name, path.child("name")),
    each(hook.rules, path.child("rules"), validateRule),
    optionalOneOf(path.child("failurePolicy"), hook.failurePolicy, FAILURE_POLICIES),
    optionalOneOf(path.child("matchPolicy"), hook.matchPolicy, MATCH_POLICIES),
    requiredOneOf(
      path.child("sideEffects"),
      hook.sideEffects,
      SIDE_EFFECTS,
      `must specify one of ${SIDE_EFFECTS.join(", ")}`,
    ),
    seconds !== undefined &&
      (seconds < 1 || seconds > TIMEOUT_SECONDS_MAX) &&
      fieldErrors.invalid(path.child("timeoutSeconds"), seconds, "the timeout value must be between 1 and 30 seconds"),
    validateLabelSelector(hook.namespaceSelector, path.child("namespaceSelector")),
    validateLabelSelector(hook.objectSelector, path.child("objectSelector")),
    optionalOneOf(path.child("reinvocationPolicy"), hook.reinvocationPolicy, ["IfNeeded", "Never"]),
    validateWebhookClient(hook.clientConfig ?? {}, path.child("clientConfig")),
    validateMatchConditions(hook.matchConditions, path.child("matchConditions"), { hasAuthorizer: true }),
  ];
}

function validateReviewVersions(versions: readonly string[] | undefined, path: FieldPath): Finding {
  const known = REVIEW_VERSIONS.join(", ");
  if ((versions ?? []).length === 0) return fieldErrors.required(path, `must specify one of ${known}`);
  return [
    each(versions, path, (version, at, index) =>
      versions?.indexOf(version) === index
        ? invalidTexts(at, version, isDns1035Label(version))
        : fieldErrors.invalid(at, version, "duplicate version"),
    ),
    !versions?.some((version) => REVIEW_VERSIONS.includes(version)) &&
      fieldErrors.invalid(path, versions, `must include at least one of ${known}`),
  ];
}
