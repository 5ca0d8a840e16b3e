import { forbidden, StatusError } from "@drydock/apimachinery";
import { adaptJson } from "@drydock/cel";
import type { V1ValidatingAdmissionPolicy } from "@drydock/kube-api";
import type { Authorizer } from "../../../authorization/authorizer.ts";
import type { Registry } from "../../../registry/registry.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../../admission.ts";
import { assertReady } from "../../assert-ready.ts";
import { bindingsOf } from "../../expressions/bindings.ts";
import { Matcher } from "../../matching/matcher.ts";
import { tryToShow } from "../../matching/shown-objects.ts";
import { isExempt, OPERATIONS } from "../../matching/subject.ts";
import { findInvocations, type Invocation, isFailureIgnored, isQuestion } from "../invocations.ts";
import { namespaceOf } from "../namespace-of.ts";
import { noFigures, type PolicyFigures } from "../policy-figures.ts";
import { type Binding, type Policy, PolicySource } from "../policy-source.ts";
import { AuditAnnotations } from "./audit-annotations.ts";
import { type CompiledPolicy, compilePolicy } from "./compile-policy.ts";
import { type Denial, judgeRequest } from "./judge-request.ts";

interface Refusal {
  readonly policy: Policy;
  readonly binding: Binding | undefined;
  readonly message: string;
  readonly reason: string;
}

const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413 };
const INVALID_CODE = 422;

/** Judges requests by the expressions of all ValidatingAdmissionPolicies that are bound (KEP-3488). The first denial is the answer. */
export function validatingPolicies(
  registry: Registry,
  authorizer: Authorizer,
  figures: PolicyFigures = noFigures(),
): AdmissionPlugin {
  const matcher = new Matcher(registry);
  const source = new PolicySource<V1ValidatingAdmissionPolicy, CompiledPolicy>(
    registry,
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    compilePolicy,
  );
  return {
    name: "ValidatingAdmissionPolicy",
    isDynamic: true,
    async validate(request) {
      if (isExempt(request) || isQuestion(request)) return;
      assertReady(registry, request);
      const { bound } = source;
      if (bound.length === 0) return;
      const { ready, failures } = await findInvocations(bound, request, matcher, registry);
      const refusals: Refusal[] = failures
        .filter(({ policy }) => !isFailureIgnored(policy))
        .map((failure) => ({ ...failure, reason: "Invalid" }));
      const annotations = new AuditAnnotations();
      for (const invocation of ready)
        refusals.push(...(await run(invocation, request, { matcher, authorizer, annotations, figures })));
      annotations.publish(request.context);
      if (refusals[0]) throw refusalError(request, refusals[0]);
    },
  };
}

async function run(
  { policy, binding, compiled, match, params }: Invocation<V1ValidatingAdmissionPolicy, CompiledPolicy>,
  request: AdmissionRequest,
  { matcher, authorizer, annotations, figures }: RunParts,
): Promise<Refusal[]> {
  const shown = await tryToShow(request, match);
  if ("problem" in shown)
    return isFailureIgnored(policy) ? [] : [{ policy, binding, message: shown.problem, reason: "Invalid" }];
  const names = [policy.metadata.name, binding.metadata.name] as const;
  const labels = {
    name: names[0],
    kind: "policy",
    type: "validate",
    operation: OPERATIONS[request.operation],
  } as const;
  const began = performance.now();
  const namespace = await namespaceOf(request, matcher);
  const bindings = { ...bindingsOf(request, match, shown, namespace, authorizer), params: adaptJson(params) };
  const verdict = await judgeRequest(compiled, bindings, isFailureIgnored(policy), {
    observeConditions: (errors, seconds) => figures.conditions.judged(labels, errors, seconds),
  });
  const seconds = (performance.now() - began) / 1000;
  for (const message of verdict.ignored) figures.policies.validated(...names, "allow", message, seconds);
  for (const { message } of verdict.denials)
    for (const action of binding.spec?.validationActions ?? [])
      figures.policies.validated(...names, action.toLowerCase() as "deny", message, seconds);
  for (const [key, value] of verdict.annotations) annotations.add(policy.metadata.name, key, value);
  const denied = verdict.denials.flatMap((denial) => act(denial, policy, binding, request));
  const errors = verdict.annotationErrors.map((message) => ({ policy, binding, message, reason: "Invalid" }));
  return [...denied, ...errors];
}

interface RunParts {
  readonly matcher: Matcher;
  readonly authorizer: Authorizer;
  readonly annotations: AuditAnnotations;
  readonly figures: PolicyFigures;
}

/** What follows from a validation that failed is for the binding to say. */
function act(denial: Denial, policy: Policy, binding: Binding, { context }: AdmissionRequest): Refusal[] {
  const { message, reason, index } = denial;
  const actions = binding.spec?.validationActions ?? [];
  const names = `'${policy.metadata.name}' with binding '${binding.metadata.name}'`;
  if (actions.includes("Warn")) context.warn(`Validation failed for ValidatingAdmissionPolicy ${names}: ${message}`);
  if (actions.includes("Audit")) {
    const failure = {
      message,
      policy: policy.metadata.name,
      binding: binding.metadata.name,
      expressionIndex: index,
      validationActions: actions,
    };
    context.annotate?.("validation.policy.admission.k8s.io/validation_failure", JSON.stringify([failure]));
  }
  return actions.includes("Deny") ? [{ policy, binding, message, reason }] : [];
}

function refusalError(request: AdmissionRequest, { policy, binding, message, reason }: Refusal): StatusError {
  const { definition, name, object } = request;
  const by = binding ? ` with binding '${binding.metadata.name}'` : "";
  const text = `ValidatingAdmissionPolicy '${policy.metadata.name}'${by} denied request: ${message}`;
  const resource = { group: definition.group, resource: definition.resource };
  const { status } = forbidden(resource, name || (object?.metadata.name ?? ""), text);
  return new StatusError({
    ...status,
    reason,
    code: CODES[reason] ?? INVALID_CODE,
    details: { ...status.details, causes: [{ message: text }] },
  });
}
