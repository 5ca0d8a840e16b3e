import { type Clock, sleep } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { ContainerRuntime } from "./runtime.ts";

const RETRY_MS = 1_000;

/** Tells of everything that happens to this node's containers, reconnecting when the runtime's stream breaks, until aborted. */
export async function watchRuntimeEvents(
  runtime: ContainerRuntime,
  onEvent: (podUid: string) => void,
  onReconnect: () => void,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of runtime.events(signal)) onEvent(event.podUid);
    } catch (error) {
      logger.warn({ err: (error as Error).message }, "runtime events interrupted");
    }
    if (signal.aborted) return;
    await sleep(clock, RETRY_MS, signal).catch(() => {});
    // Whatever happened in between was missed.
    onReconnect();
  }
}
