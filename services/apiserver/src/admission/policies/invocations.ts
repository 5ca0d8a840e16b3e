import { type KubeObject, StatusError } from "@drydock/apimachinery";
import type { Registry } from "../../registry/registry.ts";
import type { AdmissionRequest } from "../admission.ts";
import type { Match, Matcher } from "../matching/matcher.ts";
import { subjectNamespace } from "../matching/subject.ts";
import { ConfigurationError, collectParams, paramStoreOf } from "./params.ts";
import type { Binding, BoundPolicy, Policy } from "./policy-source.ts";

/** One policy, by one of its bindings, with one set of parameters. */
export interface Invocation<P extends Policy, C> {
  readonly policy: P;
  readonly binding: Binding;
  readonly compiled: C;
  readonly match: Match;
  readonly params: KubeObject | undefined;
}

/** A policy that concerns the request but cannot be run. */
export interface PolicyFailure {
  readonly policy: Policy;
  readonly binding: Binding | undefined;
  readonly message: string;
}

export interface Invocations<P extends Policy, C> {
  readonly ready: readonly Invocation<P, C>[];
  readonly failures: readonly PolicyFailure[];
}

/** Which policies are to be run for a request, and with what. */
export async function findInvocations<P extends Policy, C>(
  bound: readonly BoundPolicy<P, C>[],
  request: AdmissionRequest,
  matcher: Matcher,
  registry: Registry,
): Promise<Invocations<P, C>> {
  const ready: Invocation<P, C>[] = [];
  const failures: PolicyFailure[] = [];
  for (const { policy, criteria, compiled, bindings } of bound) {
    if (!matcher.mayMatch(criteria, request)) continue;
    const noteFailure = (error: unknown, binding?: Binding) =>
      failures.push({ policy, binding, message: failureText(error, binding) });
    try {
      const match = await matcher.match(criteria, request);
      if (!match) continue;
      const store = paramStoreOf(registry, policy.spec?.paramKind);
      for (const { binding, criteria: own } of bindings)
        try {
          if (!(await matcher.match(own, request))) continue;
          const all = await collectParams(store, binding.spec?.paramRef, subjectNamespace(request));
          for (const params of all) ready.push({ policy, binding, compiled, match, params });
        } catch (error) {
          noteFailure(error, binding);
        }
    } catch (error) {
      noteFailure(error);
    }
  }
  return { ready, failures };
}

function failureText(error: unknown, binding: Binding | undefined): string {
  if (!(error instanceof ConfigurationError || error instanceof StatusError)) throw error;
  return `failed to configure ${binding ? "binding" : "policy"}: ${error.message}`;
}

export function isFailureIgnored({ spec }: Policy): boolean {
  return spec?.failurePolicy === "Ignore";
}

const UNASKED: ReadonlySet<string> = new Set([
  "authentication.k8s.io/selfsubjectreviews",
  "authentication.k8s.io/tokenreviews",
  "authorization.k8s.io/localsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectrulesreviews",
  "authorization.k8s.io/subjectaccessreviews",
]);

/** Questions are never refused by policies, only by webhooks. */
export function isQuestion({ definition }: AdmissionRequest): boolean {
  return UNASKED.has(`${definition.group}/${definition.resource}`);
}
