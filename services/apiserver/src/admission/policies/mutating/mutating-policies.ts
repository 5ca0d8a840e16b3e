import { deepEqual, forbidden, StatusError } from "@drydock/apimachinery";
import { adaptJson, type Bindings } from "@drydock/cel";
import type { V1MutatingAdmissionPolicy, V1Namespace } from "@drydock/kube-api";
import type { Authorizer } from "../../../authorization/authorizer.ts";
import type { Registry } from "../../../registry/registry.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../../admission.ts";
import { assertReady } from "../../assert-ready.ts";
import { bindingsOf } from "../../expressions/bindings.ts";
import { judgeConditions } from "../../expressions/match-conditions.ts";
import { Matcher } from "../../matching/matcher.ts";
import { acceptObject, showObjects, tryToShow } from "../../matching/shown-objects.ts";
import { isExempt, OPERATIONS, subjectObject } from "../../matching/subject.ts";
import type { MutationPass, Participants } from "../../mutation-pass.ts";
import { findInvocations, type Invocation, isFailureIgnored, isQuestion, type PolicyFailure } from "../invocations.ts";
import { namespaceOf } from "../namespace-of.ts";
import { noFigures, type PolicyFigures } from "../policy-figures.ts";
import { PolicySource } from "../policy-source.ts";
import { type CompiledMutation, type CompiledPolicy, compilePolicy } from "./compile-policy.ts";
import { MutationError, mutateObject } from "./mutate-object.ts";

const NAME = "MutatingAdmissionPolicy";

type Run = Invocation<V1MutatingAdmissionPolicy, CompiledPolicy>;
type Failure = PolicyFailure & { readonly reason?: string };

/** Changes objects by the expressions of all MutatingAdmissionPolicies that are bound, in the order of their names (KEP-3962). */
export function mutatingPolicies(
  registry: Registry,
  authorizer: Authorizer,
  figures: PolicyFigures = noFigures(),
): AdmissionPlugin {
  const matcher = new Matcher(registry);
  const source = new PolicySource<V1MutatingAdmissionPolicy, CompiledPolicy>(
    registry,
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    compilePolicy,
  );
  return {
    name: NAME,
    isDynamic: true,
    async mutate(request, pass) {
      if (isExempt(request) || isQuestion(request)) return;
      assertReady(registry, request);
      const { bound } = source;
      if (bound.length === 0) return;
      const { ready, failures } = await findInvocations(bound, request, matcher, registry);
      const all: Failure[] = [...failures];
      if (ready.length > 0) {
        const namespace = await namespaceOf(request, matcher);
        all.push(...(await new Dispatch(request, namespace, { authorizer, figures }, pass).run(ready)));
      }
      const counting = all.filter(({ policy }) => !isFailureIgnored(policy));
      if (counting.length > 0) throw refusalError(request, counting);
    },
  };
}

class Dispatch {
  readonly #request: AdmissionRequest;
  readonly #namespace: V1Namespace | undefined;
  readonly #authorizer: Authorizer;
  readonly #figures: PolicyFigures;
  readonly #pass: MutationPass;
  readonly #participants: Participants;

  constructor(
    request: AdmissionRequest,
    namespace: V1Namespace | undefined,
    { authorizer, figures }: { readonly authorizer: Authorizer; readonly figures: PolicyFigures },
    pass: MutationPass,
  ) {
    this.#request = request;
    this.#namespace = namespace;
    this.#authorizer = authorizer;
    this.#figures = figures;
    this.#pass = pass;
    this.#participants = pass.participantsOf(NAME);
  }

  async run(invocations: readonly Run[]): Promise<Failure[]> {
    if (this.#pass.isAgain && !this.#participants.isOutput(subjectObject(this.#request)))
      this.#participants.requireAgain();
    const failures: Failure[] = [];
    for (const invocation of invocations) failures.push(...(await this.#maybeRun(invocation)));
    if (!this.#pass.isAgain) this.#participants.rememberOutput(subjectObject(this.#request));
    return failures;
  }

  async #maybeRun(invocation: Run): Promise<Failure[]> {
    const { policy, binding, compiled } = invocation;
    const failed = (message: string): Failure => ({ policy, binding, message, reason: "Invalid" });
    const shown = await tryToShow(this.#request, invocation.match);
    if ("problem" in shown) return [failed(shown.problem)];
    const names = [policy.metadata.name, binding.metadata.name] as const;
    const operation = OPERATIONS[this.#request.operation];
    const { bindings } = await this.#look(invocation);
    const conditions = await judgeConditions(compiled.conditions, bindings, (errors, seconds) =>
      this.#figures.conditions.judged({ name: names[0], kind: "policy", type: "admit", operation }, errors, seconds),
    );
    if (conditions.kind === "excluded") return [];
    if (conditions.kind === "failed") return [failed(conditions.error)];
    const id = idOf(invocation);
    if (this.#pass.isAgain && !this.#participants.isRequired(id)) return [];
    const failures: Failure[] = [];
    let isChanged = false;
    for (const mutation of compiled.mutations) {
      const began = performance.now();
      const elapsed = () => (performance.now() - began) / 1000;
      try {
        if (await this.#mutate(invocation, mutation)) isChanged = true;
        this.#figures.policies.mutated(...names, undefined, elapsed());
      } catch (error) {
        if (!(error instanceof MutationError)) throw error;
        this.#figures.policies.mutated(...names, error.message, elapsed());
        failures.push(failed(error.message));
      }
    }
    if (isChanged) {
      this.#participants.requireAgain();
      this.#pass.wantAgain();
    }
    if (policy.spec?.reinvocationPolicy === "IfNeeded") this.#participants.add(id);
    return failures;
  }

  /** The request as it is now, for expressions. */
  async #look({ match, params }: Run) {
    const shown = await showObjects(this.#request, match);
    const base = bindingsOf(this.#request, match, shown, this.#namespace, this.#authorizer);
    const bindings: Bindings = { ...base, params: adaptJson(params) };
    return { shown, bindings };
  }

  /** Whether the object is another one now. */
  async #mutate(invocation: Run, mutation: CompiledMutation): Promise<boolean> {
    const { match, compiled } = invocation;
    const { shown, bindings } = await this.#look(invocation);
    if (!shown.object) return false;
    const kind = this.#request.view ? undefined : (match.converted ?? this.#request.definition);
    const next = await mutateObject(mutation, shown.object, kind, compiled.variables, bindings);
    if (deepEqual(next, shown.object)) return false;
    await acceptObject(this.#request, match, next);
    return true;
  }
}

function idOf({ policy, binding, params }: Run): string {
  const { namespace = "", name = "" } = params?.metadata ?? {};
  return [policy.metadata.name, binding.metadata.name, namespace, name].join("/");
}

function refusalError({ definition, name, object }: AdmissionRequest, failures: readonly Failure[]): StatusError {
  const resource = { group: definition.group, resource: definition.resource };
  const { status } = forbidden(resource, name || (object?.metadata.name ?? ""), "");
  const causes = failures.map((failure) => ({ message: textOf(failure) }));
  const reason = failures[0]?.reason ?? status.reason;
  return new StatusError({
    ...status,
    message: causes[0]?.message ?? "",
    ...(reason && { reason }),
    details: { ...status.details, causes },
  });
}

function textOf({ policy, binding, message }: Failure): string {
  const who = binding
    ? `'${policy.metadata.name}' with binding '${binding.metadata.name}'`
    : JSON.stringify(policy.metadata.name);
  return `policy ${who} denied request: ${message}`;
}
