import type { AdmissionPlugin, AdmissionRequest } from "../admission.ts";
import { assertReady } from "../assert-ready.ts";
import { type Match, Matcher } from "../matching/matcher.ts";
import { showObjects } from "../matching/shown-objects.ts";
import { isExempt, OPERATIONS } from "../matching/subject.ts";
import { askHook } from "./hook-caller.ts";
import { HookCallError, HookDenial } from "./hook-errors.ts";
import { selectHook } from "./hook-selection.ts";
import { type Hook, Hooks } from "./hooks.ts";
import type { WebhookPorts } from "./webhook-ports.ts";

interface Selected {
  readonly hook: Hook;
  readonly match: Match;
}

/** Asks the webhooks of all ValidatingWebhookConfigurations at once; the first refusal to come is the answer, when all have spoken. */
export function validatingWebhooks(ports: WebhookPorts): AdmissionPlugin {
  const hooks = new Hooks(ports.registry, "validatingwebhookconfigurations");
  const matcher = new Matcher(ports.registry);
  return {
    name: "ValidatingAdmissionWebhook",
    isDynamic: true,
    async validate(request) {
      if (isExempt(request)) return;
      assertReady(ports.registry, request);
      const { all } = hooks;
      if (all.length === 0) return;
      const selected: Selected[] = [];
      for (const hook of all) {
        if (!matcher.mayMatch(hook.criteria, request)) continue;
        const match = await selectHook(hook, request, matcher, ports, "validating");
        if (match) selected.push({ hook, match });
      }
      const refusals: unknown[] = [];
      await Promise.all(
        selected.map(async (one, index) => {
          const refusal = await refusalOf(ports, request, one, index);
          if (refusal !== undefined) refusals.push(refusal);
        }),
      );
      if (refusals.length > 0) throw refusals[0];
    },
  };
}

/** What one webhook has against the request: an error to throw, or undefined. */
async function refusalOf(
  ports: WebhookPorts,
  request: AdmissionRequest,
  { hook, match }: Selected,
  index: number,
): Promise<unknown> {
  const { name, failurePolicy } = hook.webhook;
  const isFailureIgnored = failurePolicy === "Ignore";
  const call = { name, type: "validating", operation: OPERATIONS[request.operation], isFailureIgnored } as const;
  const startedMs = ports.clock.monotonicMs();
  const observe = (error?: unknown) =>
    ports.metrics.observe(call, (ports.clock.monotonicMs() - startedMs) / 1000, error);
  try {
    await askHook(ports.post, hook, request, match, await showObjects(request, match), false);
    observe();
    return undefined;
  } catch (error) {
    observe(error);
    if (error instanceof HookDenial) return error.denial;
    if (!(error instanceof HookCallError)) return error;
    if (!isFailureIgnored) return error.asStatus;
    ports.logger.warn({ webhook: name, err: error }, "failed calling webhook, failing open");
    request.context.annotate?.(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, name);
    return undefined;
  }
}
