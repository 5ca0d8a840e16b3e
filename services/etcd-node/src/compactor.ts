import type { Clock, Timer } from "@drydock/base";
import { parseDurationMs } from "@drydock/component";
import type { Driver } from "./driver/driver.ts";
import { RpcError } from "./rpc/errors.ts";

export type Retention =
  | { readonly kind: "none" }
  | { readonly kind: "revisions"; readonly count: number }
  | { readonly kind: "period"; readonly ms: number };

/** How revisions are counted: etcd looks every five minutes. */
const REVISION_CHECK_MS = 5 * 60 * 1000;

/** The two flags together. A bare number is hours, as in etcd. Throws on nonsense. */
export function parseRetention(mode: "periodic" | "revision", text: string): Retention {
  if (text === "0" || text === "") return { kind: "none" };
  if (mode === "revision") {
    if (!/^\d+$/.test(text)) throw new Error(`--auto-compaction-retention: "${text}" is not a number of revisions`);
    return { kind: "revisions", count: Number(text) };
  }
  return { kind: "period", ms: /^\d+$/.test(text) ? Number(text) * 3_600_000 : parseDurationMs(text) };
}

/** Forgets old history by itself, on the leader. */
export class Compactor {
  readonly #driver: Driver;
  readonly #clock: Clock;
  readonly #retention: Retention;
  /** Revisions seen, oldest first. */
  #seen: { atMs: number; revision: number }[] = [];
  #timer: Timer | undefined;

  constructor(driver: Driver, clock: Clock, retention: Retention) {
    this.#driver = driver;
    this.#clock = clock;
    this.#retention = retention;
  }

  start(): void {
    const retention = this.#retention;
    if (retention.kind === "none") return;
    const intervalMs =
      retention.kind === "revisions" ? REVISION_CHECK_MS : Math.max(1000, Math.min(retention.ms, 3_600_000) / 10);
    const round = () => {
      this.#compact();
      this.#timer = this.#clock.setTimer(intervalMs, round);
    };
    this.#timer = this.#clock.setTimer(intervalMs, round);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #compact(): void {
    const { store } = this.#driver.state.machine;
    const target = this.#target(store.revision);
    if (!this.#driver.isLeader || target === undefined || target <= store.compactedRevision) return;
    this.#driver
      .propose({ $case: "compaction", value: { revision: target, physical: false } })
      .catch((error: unknown) => {
        if (!(error instanceof RpcError)) throw error;
      });
  }

  #target(current: number): number | undefined {
    const retention = this.#retention;
    if (retention.kind === "revisions") return current - retention.count > 0 ? current - retention.count : undefined;
    if (retention.kind === "none") return undefined;
    const nowMs = this.#clock.monotonicMs();
    this.#seen.push({ atMs: nowMs, revision: current });
    const old = this.#seen.filter(({ atMs }) => nowMs - atMs >= retention.ms);
    const newest = old.at(-1);
    if (newest) this.#seen = this.#seen.slice(old.length - 1);
    return newest?.revision;
  }
}
