import { randomUUID } from "node:crypto";
import type { WebhookClientConfig } from "../../webhook-client/target.ts";
import { type WebhookCallOptions, WebhookResponseError } from "../../webhook-client/webhook-client.ts";
import type { AdmissionRequest } from "../admission.ts";
import type { Match } from "../matching/matcher.ts";
import type { ShownObjects } from "../matching/shown-objects.ts";
import { denialOf, dryRunUnsupported, HookCallError } from "./hook-errors.ts";
import type { Hook } from "./hooks.ts";
import { type ReviewAnswer, readReview, reviewOf } from "./review.ts";

const TIMEOUT_SECONDS = 10;

/** Posts to a webhook. */
export type PostReview = (config: WebhookClientConfig, body: object, options: WebhookCallOptions) => Promise<unknown>;

/** Asks one webhook about a request. Throws HookCallError or HookDenial. */
export async function askHook(
  post: PostReview,
  { webhook }: Hook,
  request: AdmissionRequest,
  match: Match,
  shown: ShownObjects,
  isMutating: boolean,
): Promise<ReviewAnswer> {
  const { name, clientConfig, sideEffects, admissionReviewVersions, timeoutSeconds = TIMEOUT_SECONDS } = webhook;
  if (request.isDryRun && sideEffects !== "None" && sideEffects !== "NoneOnDryRun") throw dryRunUnsupported(name);
  const review = reviewOf(admissionReviewVersions, randomUUID(), request, match, shown);
  const { signal } = request.context;
  const answer = await post(clientConfig as WebhookClientConfig, review, { timeoutSeconds, signal }).catch(
    (error: Error) => {
      signal.throwIfAborted();
      const code = error instanceof WebhookResponseError ? error.code : 503;
      throw new HookCallError(name, `failed to call webhook: ${error.message}`, code);
    },
  );
  const said = readAnswer(name, answer, review, isMutating);
  const { annotate, warn } = request.context;
  for (const [key, value] of Object.entries(said.auditAnnotations)) annotate?.(`${name}/${key}`, String(value));
  for (const text of said.warnings) warn(text);
  if (!said.isAllowed) throw denialOf(name, said.result);
  return said;
}

function readAnswer(
  name: string,
  answer: unknown,
  review: ReturnType<typeof reviewOf>,
  isMutating: boolean,
): ReviewAnswer {
  try {
    return readReview(answer, review, isMutating);
  } catch (error) {
    throw new HookCallError(name, `received invalid webhook response: ${(error as Error).message}`, 503);
  }
}
