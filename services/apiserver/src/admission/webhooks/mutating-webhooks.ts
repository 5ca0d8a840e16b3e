import { applyJsonPatch, deepEqual, internal, type KubeObject, parseExactJson } from "@drydock/apimachinery";
import { checkKindFields } from "../../registry/field-validation.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission.ts";
import { assertReady } from "../assert-ready.ts";
import { type Match, Matcher } from "../matching/matcher.ts";
import { acceptObject, showObjects } from "../matching/shown-objects.ts";
import { isExempt, OPERATIONS, subjectObject } from "../matching/subject.ts";
import type { MutationPass, Participants } from "../mutation-pass.ts";
import { askHook } from "./hook-caller.ts";
import { HookCallError, HookDenial } from "./hook-errors.ts";
import { selectHook } from "./hook-selection.ts";
import { type Hook, Hooks } from "./hooks.ts";
import type { WebhookPorts } from "./webhook-ports.ts";

const NAME = "MutatingAdmissionWebhook";

/** Asks the webhooks of all MutatingWebhookConfigurations, one after the other, each about what the one before has left. */
export function mutatingWebhooks(ports: WebhookPorts): AdmissionPlugin {
  const hooks = new Hooks(ports.registry, "mutatingwebhookconfigurations");
  const matcher = new Matcher(ports.registry);
  return {
    name: NAME,
    isDynamic: true,
    async mutate(request, pass) {
      if (isExempt(request)) return;
      assertReady(ports.registry, request);
      const { all } = hooks;
      if (all.length > 0) await new Dispatch(ports, matcher, request, pass).run(all);
    },
  };
}

class Dispatch {
  readonly #ports: WebhookPorts;
  readonly #matcher: Matcher;
  readonly #request: AdmissionRequest;
  readonly #pass: MutationPass;
  readonly #participants: Participants;

  constructor(ports: WebhookPorts, matcher: Matcher, request: AdmissionRequest, pass: MutationPass) {
    this.#ports = ports;
    this.#matcher = matcher;
    this.#request = request;
    this.#pass = pass;
    this.#participants = pass.participantsOf(NAME);
  }

  async run(hooks: readonly Hook[]): Promise<void> {
    // The other plugins ran again and came to something else.
    if (this.#pass.isAgain && !this.#participants.isOutput(subjectObject(this.#request)))
      this.#participants.requireAgain();
    for (const [index, hook] of hooks.entries())
      if (this.#matcher.mayMatch(hook.criteria, this.#request)) await this.#maybeCall(hook, index);
    // Who may be asked again is all that this is needed for.
    if (!this.#pass.isAgain) this.#participants.rememberOutput(subjectObject(this.#request));
  }

  async #maybeCall(hook: Hook, index: number): Promise<void> {
    const match = await selectHook(hook, this.#request, this.#matcher, this.#ports, "admit");
    if (!match || (this.#pass.isAgain && !this.#participants.isRequired(hook.id))) return;
    const { isChanged, error } = await this.#observed(hook, match);
    if (isChanged) {
      this.#participants.requireAgain();
      this.#pass.wantAgain();
    }
    if (hook.webhook.reinvocationPolicy === "IfNeeded") this.#participants.add(hook.id);
    this.#annotate(hook, index, isChanged, error);
    if (error) this.#judge(hook, error);
  }

  async #observed(hook: Hook, match: Match): Promise<{ isChanged: boolean; error: unknown }> {
    const { clock, metrics } = this.#ports;
    const startedMs = clock.monotonicMs();
    let isChanged = false;
    let error: unknown;
    try {
      isChanged = await this.#call(hook, match);
    } catch (thrown) {
      error = thrown;
    }
    const { name, failurePolicy } = hook.webhook;
    const operation = OPERATIONS[this.#request.operation];
    const call = { name, type: "admit", operation, isFailureIgnored: failurePolicy === "Ignore" } as const;
    metrics.observe(call, (clock.monotonicMs() - startedMs) / 1000, error);
    return { isChanged, error };
  }

  /** Whether the object is another one now. */
  async #call(hook: Hook, match: Match): Promise<boolean> {
    const request = this.#request;
    const shown = await showObjects(request, match);
    const { patch, patchType } = await askHook(this.#ports.post, hook, request, match, shown, true);
    if (patch === "") return false;
    const operations = decodePatch(patch);
    if (operations.length === 0) return false;
    const { name } = hook.webhook;
    if (!shown.object)
      throw internal(
        `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
      );
    if (patchType !== "JSONPatch")
      throw new HookCallError(name, `unsupported patch type ${JSON.stringify(patchType)}`, 500);
    const patched = apply(shown.object, operations);
    const next = request.view ? patched : decode(patched, match.converted ?? request.definition);
    const isChanged = !deepEqual(shown.object, next);
    await acceptObject(request, match, next);
    return isChanged;
  }

  #annotate({ configuration, webhook }: Hook, index: number, isChanged: boolean, error: unknown): void {
    const { annotate } = this.#request.context;
    if (!annotate) return;
    const where = `mutation.webhook.admission.k8s.io/round_${this.#pass.isAgain ? 1 : 0}_index_${index}`;
    if (error === undefined) {
      const value = { configuration, webhook: webhook.name, mutated: isChanged };
      annotate(where, JSON.stringify(value));
    } else if (error instanceof HookCallError && webhook.failurePolicy === "Ignore")
      annotate(`failed-open.${where}`, webhook.name);
  }

  #judge({ webhook }: Hook, error: unknown): void {
    if (error instanceof HookDenial) throw error.denial;
    if (!(error instanceof HookCallError)) throw error;
    if (webhook.failurePolicy !== "Ignore") throw error.asStatus;
    this.#ports.logger.warn({ webhook: webhook.name, err: error }, "failed calling webhook, failing open");
  }
}

function decodePatch(patch: string): readonly unknown[] {
  try {
    const operations: unknown = parseExactJson(Buffer.from(patch, "base64").toString("utf8"));
    if (Array.isArray(operations)) return operations;
  } catch (error) {
    throw internal((error as Error).message);
  }
  throw internal("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
}

function apply(object: KubeObject, operations: readonly unknown[]): KubeObject {
  try {
    return applyJsonPatch(object, operations);
  } catch (error) {
    throw internal((error as Error).message);
  }
}

/** As the decoder takes what comes from outside: what the schema does not know is dropped. */
function decode(object: KubeObject, definition: AdmissionRequest["definition"]): KubeObject {
  const { value, typeErrors } = checkKindFields(object, definition);
  if (typeErrors[0] !== undefined) throw internal(typeErrors[0]);
  const decoded = value as unknown as KubeObject;
  decoded.metadata ??= { name: "" };
  return decoded;
}
