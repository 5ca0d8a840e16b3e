import type { Logger } from "@drydock/component";
import { type BootstrapOptions, bootstrap } from "./bootstrap.ts";

const RETRY_MS = 500;
/** What somebody deleted comes back within this time. */
const REPEAT_MS = 60_000;

/** Runs the bootstrap until it succeeds, then now and then again. */
export function keepBootstrapped(options: BootstrapOptions, logger: Logger) {
  let isDone = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const round = async () => {
    try {
      await bootstrap(options);
      if (!isDone) logger.info("system objects are in place");
      isDone = true;
    } catch (error) {
      logger.warn({ err: (error as Error).message }, "system objects not written yet");
    }
    if (!isStopped) timer = setTimeout(() => void round(), isDone ? REPEAT_MS : RETRY_MS);
  };
  return {
    get isDone() {
      return isDone;
    },
    start: () => void round(),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
