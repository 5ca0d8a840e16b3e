import { StatusError } from "@drydock/apimachinery";
import { type ControllerContext, defineController, type Reconciler } from "@drydock/client";
import { nodes, pods, type V1Pod } from "@drydock/kube-api";

const SWEEP_MS = 20_000;

/** Removes pods nobody else will: of nodes that are gone, ending without ever having been bound, and ended ones beyond a threshold. */
export const podGc = (terminatedThreshold: number) =>
  defineController({
    name: "pod-gc",
    primary: pods,
    workers: 1,
    create: (context) => new PodGc(context, terminatedThreshold),
  });

class PodGc implements Reconciler {
  readonly #context: ControllerContext;
  readonly #threshold: number;

  constructor(context: ControllerContext, threshold: number) {
    this.#context = context;
    this.#threshold = threshold;
  }

  async reconcile(): Promise<undefined> {
    return undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = this.#context.clock.setTimer(SWEEP_MS, resolve);
        signal.addEventListener("abort", () => {
          timer.cancel();
          resolve();
        });
      });
      if (!signal.aborted) await this.#sweep();
    }
  }

  async #sweep(): Promise<void> {
    const { informers, client, logger } = this.#context;
    const known = new Set(
      informers
        .informer(nodes)
        .lister.list()
        .map(({ metadata }) => metadata.name),
    );
    for (const pod of planSweep(informers.informer(pods).lister.list(), known, this.#threshold)) {
      const { namespace = "", name, uid = "" } = pod.metadata;
      logger.info({ pod: `${namespace}/${name}` }, "removing a pod that nobody else will");
      await client
        .delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
        .catch((error: unknown) => {
          const { code } = StatusError.from(error);
          if (code !== 404 && code !== 409) logger.warn({ err: error }, "pod not removed");
        });
    }
  }
}

/** Pure. */
export function planSweep(all: readonly V1Pod[], nodeNames: ReadonlySet<string>, threshold: number): V1Pod[] {
  const isOrphan = ({ spec }: V1Pod) => spec?.nodeName !== undefined && !nodeNames.has(spec.nodeName);
  const isUnboundEnding = ({ spec, metadata }: V1Pod) => metadata.deletionTimestamp !== undefined && !spec?.nodeName;
  const ended = all.filter(({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed");
  const surplus =
    threshold > 0
      ? ended
          .sort((a, b) => ((a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1))
          .slice(0, Math.max(0, ended.length - threshold))
      : [];
  return [...new Set([...all.filter(isOrphan), ...all.filter(isUnboundEnding), ...surplus])];
}
