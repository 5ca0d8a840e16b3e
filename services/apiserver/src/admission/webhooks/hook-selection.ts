import { forbidden } from "@drydock/apimachinery";
import type { AdmissionRequest } from "../admission.ts";
import { bindingsOf } from "../expressions/bindings.ts";
import { judgeConditions } from "../expressions/match-conditions.ts";
import type { Match, Matcher } from "../matching/matcher.ts";
import { showObjects } from "../matching/shown-objects.ts";
import { OPERATIONS } from "../matching/subject.ts";
import type { Hook } from "./hooks.ts";
import type { WebhookPorts } from "./webhook-ports.ts";

/** Whether a webhook is to be asked about a request, and as what it is shown. Throws when that cannot be decided and its failures count. */
export async function selectHook(
  { criteria, conditions, webhook }: Hook,
  request: AdmissionRequest,
  matcher: Matcher,
  { authorizer, conditionMetrics }: Pick<WebhookPorts, "authorizer" | "conditionMetrics">,
  type: "validating" | "admit",
): Promise<Match | undefined> {
  const match = await matcher.match(criteria, request);
  if (!match || conditions.length === 0) return match;
  const shown = await showObjects(request, match);
  const labels = { name: webhook.name, kind: "webhook", type, operation: OPERATIONS[request.operation] } as const;
  const bindings = bindingsOf(request, match, shown, undefined, authorizer);
  const verdict = await judgeConditions(conditions, bindings, (errors, seconds) =>
    conditionMetrics.judged(labels, errors, seconds),
  );
  if (verdict.kind === "matches") return match;
  if (verdict.kind === "excluded" || webhook.failurePolicy === "Ignore") conditionMetrics.excluded(labels);
  if (verdict.kind === "excluded" || webhook.failurePolicy === "Ignore") return undefined;
  const { group, resource } = request.definition;
  throw forbidden({ group, resource }, request.name, verdict.error);
}
