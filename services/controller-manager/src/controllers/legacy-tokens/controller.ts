import { StatusError } from "@drydock/apimachinery";
import { sleep } from "@drydock/base";
import { type ControllerContext, type ControllerDefinition, defineController, defineWatch } from "@drydock/client";
import { configMaps, pods, secrets, serviceAccounts } from "@drydock/kube-api";
import { dayOf, INVALID_SINCE, planCleanUp, type TokenAction } from "./plan-clean-up.ts";

/** Days are all that is noted. */
const SWEEP_MS = 24 * 3600 * 1000;
const TRACKING = { namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking" };

/** Takes tokens away that were made for service accounts automatically and have not been used for `periodMs`. */
export function legacyTokenCleaner(periodMs: number): ControllerDefinition {
  return defineController({
    name: "legacy-serviceaccount-token-cleaner-controller",
    primary: secrets,
    // Nothing is done by key, but all must be there before it is judged what is unused.
    watches: [
      defineWatch({ resource: serviceAccounts, keysFor: () => [] }),
      defineWatch({ resource: pods, keysFor: () => [] }),
    ],
    workers: 1,
    create: (context) => ({
      reconcile: () => Promise.resolve(undefined),
      async run(signal) {
        while (!signal.aborted) {
          await sweep(context, periodMs).catch((error: unknown) =>
            context.logger.warn({ err: StatusError.from(error).message }, "unused tokens not looked for"),
          );
          await sleep(context.clock, SWEEP_MS, signal).catch(() => {});
        }
      },
    }),
  });
}

async function sweep(context: ControllerContext, periodMs: number): Promise<void> {
  const { client, clock, informers, logger } = context;
  const { data } = await client.get(configMaps, TRACKING);
  const seen = {
    secrets: informers.informer(secrets).lister.list(),
    accounts: [...informers.informer(serviceAccounts).lister.list()],
    pods: informers.informer(pods).lister.list(),
    trackedSince: data?.["since"],
  };
  for (const action of planCleanUp(seen, periodMs, clock.nowMs())) {
    const { namespace, name } = action.secret.metadata;
    await execute(context, action).catch((error: unknown) => {
      const { code, message } = StatusError.from(error);
      if (code !== 404 && code !== 409)
        logger.warn({ secret: `${namespace}/${name}`, err: message }, "token not cleaned up");
    });
  }
}

async function execute({ client, clock, logger }: ControllerContext, { kind, secret }: TokenAction): Promise<void> {
  const { namespace = "", name, uid = "", resourceVersion = "" } = secret.metadata;
  logger.info({ secret: `${namespace}/${name}`, kind }, "a token has not been used for long");
  if (kind === "delete") {
    await client.delete(secrets, { namespace, name }, { preconditions: { uid, resourceVersion } });
    return;
  }
  const labels = { [INVALID_SINCE]: dayOf(clock.nowMs()) };
  const patch = { metadata: { uid, resourceVersion, labels } };
  await client.patch(secrets, { namespace, name }, patch, "application/merge-patch+json");
}
