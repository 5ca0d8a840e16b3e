import type { Logger } from "@drydock/component";
import type { V1ConfigMap, V1Secret, V1ServiceAccount } from "@drydock/kube-api";
import type { ServiceAccountTokens } from "../authentication/service-account-tokens.ts";
import { loopbackContext } from "../bootstrap/loopback-context.ts";
import { changesOf, RepeatedLook } from "../cache/repeated-look.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { remove } from "../verbs/delete.ts";
import { update } from "../verbs/update.ts";
import { filledSecret, planTokenSecrets, type SecretAction } from "./plan-token-secrets.ts";

const LAST_USED = "kubernetes.io/legacy-token-last-used";

/**
 * Fills in the tokens of Secrets of type `kubernetes.io/service-account-token`, and removes those of accounts that are gone. Upstream does so
 * in the controller manager, which is given the key for it; here the server has it.
 */
export class LegacyTokenController {
  readonly #registry: Registry;
  readonly #secrets: ResourceStore;
  readonly #accounts: ResourceStore;
  readonly #tokens: ServiceAccountTokens;
  readonly #look: RepeatedLook;

  constructor(registry: Registry, tokens: ServiceAccountTokens, logger: Pick<Logger, "warn">) {
    this.#registry = registry;
    this.#tokens = tokens;
    this.#secrets = registry.require("", "v1", "secrets");
    this.#accounts = registry.require("", "v1", "serviceaccounts");
    this.#look = new RepeatedLook(
      [changesOf(this.#secrets.cache), changesOf(this.#accounts.cache)],
      () => this.#reconcile(),
      (error) => logger.warn({ err: error.message }, "tokens of service accounts not filled in yet"),
    );
  }

  start(): void {
    this.#look.start();
  }

  stop(): void {
    this.#look.stop();
  }

  async #reconcile(): Promise<void> {
    const secrets = [...this.#secrets.cache.scan()].map(({ object }) => object as V1Secret);
    const accountOf = (namespace: string, name: string) =>
      this.#registry.cached<V1ServiceAccount>(this.#accounts, namespace, name);
    for (const action of planTokenSecrets(secrets, accountOf)) await this.#execute(action).catch(ignoreGone);
  }

  async #execute(action: SecretAction): Promise<void> {
    const { name, namespace = "", uid = "" } = action.secret.metadata;
    if (action.kind === "delete") {
      const preconditions = { uid };
      const options = {
        dryRun: false,
        gracePeriodSeconds: undefined,
        propagationPolicy: undefined,
        preconditions,
      };
      await remove(this.#secrets, { namespace, name, options, context: loopbackContext() });
      return;
    }
    const { account } = action;
    const subject = { namespace, name: account.metadata.name, uid: account.metadata.uid ?? "", secret: name };
    const parts = { token: await this.#tokens.issueLegacy(subject), caPem: this.#authorityOf(namespace) };
    await change(this.#secrets, action.secret, (current) => filledSecret(current, account, parts));
  }

  /** That of the server, as namespaces are told. */
  #authorityOf(namespace: string): string {
    const store = this.#registry.require("", "v1", "configmaps");
    return this.#registry.cached<V1ConfigMap>(store, namespace, "kube-root-ca.crt")?.data?.["ca.crt"] ?? "";
  }
}

/** Notes on the Secret the day on which its token was last shown; that it cannot be noted is no error. */
export async function noteLastUse(registry: Registry, secret: V1Secret, nowMs: number): Promise<void> {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  if (secret.metadata.labels?.[LAST_USED] === day) return;
  const labelled = (current: V1Secret): V1Secret => ({
    ...current,
    metadata: { ...current.metadata, labels: { ...current.metadata.labels, [LAST_USED]: day } },
  });
  await change(registry.require("", "v1", "secrets"), secret, labelled).catch(() => {});
}

async function change(
  store: ResourceStore,
  { metadata: { name, namespace = "" } }: V1Secret,
  next: (current: V1Secret) => V1Secret,
): Promise<void> {
  await update(store, {
    namespace,
    name,
    subresource: "",
    isDryRun: false,
    context: loopbackContext(),
    mayCreate: "never",
    next: (current) => next(current as V1Secret),
  });
}

function ignoreGone(error: Error & { readonly code?: number }): void {
  if (error.code !== 404 && error.code !== 409) throw error;
}
