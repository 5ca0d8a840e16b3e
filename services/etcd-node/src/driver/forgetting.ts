import type { Logger } from "@drydock/component";
import type { FailpointHook } from "./failpoints.ts";
import type { State } from "./open-state.ts";

/** What waits meanwhile waits no longer than this. */
const SLICE_MS = 2;
const STEPS_BETWEEN_LOOKS = 32;
const DELETIONS_AT_ONCE = 2000;
const REST_MS = 10;

export interface ForgettingOptions {
  /** The one there is now. */
  readonly state: () => State;
  /** Each transaction of the database deletes hardly more, as it reads what else lies beside them. Default 2000. */
  readonly deletionsAtOnce: number | undefined;
  /** Behind each it rests as long as that took, and no less than this: whoever writes to the log waits for the disk meanwhile. Default 10. */
  readonly restMs: number | undefined;
  readonly failpoint: FailpointHook;
  readonly logger: Logger;
  onFatal(error: unknown): void;
}

/** Forgets, bit by bit beside all other work, what a compaction of the keys has made impossible to read. */
export class Forgetting {
  readonly #options: ForgettingOptions;
  #running: Promise<void> | undefined;
  #isStopped = true;

  constructor(options: ForgettingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isStopped = false;
    this.begin();
  }

  /** Resolves when it touches the state no more, until it is started again. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** To be called whenever there may be something to forget. */
  begin(): void {
    if (this.#running || this.#isStopped || !this.#options.state().machine.store.isCompacting) return;
    this.#running = this.#run()
      .catch((error: unknown) => {
        // What has failed once would fail again at once.
        this.#isStopped = true;
        this.#options.onFatal(error);
      })
      .finally(() => {
        this.#running = undefined;
        // A compaction may have come as it ended.
        this.begin();
      });
  }

  /** Resolves when nothing is left to be forgotten, and the disk says so too. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
    await this.#options.state().backend.sync();
  }

  async #run(): Promise<void> {
    const { deletionsAtOnce = DELETIONS_AT_ONCE } = this.#options;
    const startMs = performance.now();
    for (let isMore = true; isMore && !this.#isStopped; ) {
      const { backend, machine } = this.#options.state();
      const untilMs = performance.now() + SLICE_MS;
      do isMore = machine.store.goOnCompacting(STEPS_BETWEEN_LOOKS);
      while (isMore && backend.deletionCount < deletionsAtOnce && performance.now() < untilMs);
      if (!isMore || backend.deletionCount >= deletionsAtOnce) await this.#write(isMore);
      else await new Promise((resolve) => setImmediate(resolve));
    }
    if (!this.#isStopped) this.#noteEnd(performance.now() - startMs);
  }

  /** etcd's words, which people look for. */
  #noteEnd(tookMs: number): void {
    const { backend } = this.#options.state();
    const details = {
      "compact-revision": backend.revisions().finished,
      took: `${tookMs}ms`,
      "current-db-size-bytes": backend.sizeBytes,
      "current-db-size-in-use-bytes": backend.sizeInUseBytes,
    };
    this.#options.logger.info(details, "finished scheduled compaction");
  }

  async #write(isMore: boolean): Promise<void> {
    this.#options.failpoint("forget-before-write");
    const startMs = performance.now();
    await this.#options.state().backend.sync();
    const restMs = Math.max(this.#options.restMs ?? REST_MS, performance.now() - startMs);
    if (isMore && !this.#isStopped) await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}
