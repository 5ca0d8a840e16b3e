import type { Clock, Timer } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { AuditBackend, AuditSink } from "./audit-backend.ts";
import { type Throttle, TokenBucket } from "./token-bucket.ts";

export interface BatchLimits {
  /** What waits beyond this is lost. */
  readonly bufferSize: number;
  readonly maxSize: number;
  readonly maxWaitMs: number;
  /** How often a batch may be sent; undefined for as often as there is one. */
  readonly throttle: Throttle | undefined;
}

export interface BufferedPorts {
  readonly sink: AuditSink;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
}

/** Hands on many events at once: when enough have come, or when the first has waited long enough. Nobody waits for it. */
export class BufferedAudit implements AuditBackend {
  readonly #limits: BatchLimits;
  readonly #ports: BufferedPorts;
  readonly #bucket: TokenBucket | undefined;
  readonly #waiting: object[] = [];
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #isStopping = false;

  constructor(limits: BatchLimits, ports: BufferedPorts) {
    this.#limits = limits;
    this.#ports = ports;
    this.#bucket = limits.throttle && new TokenBucket(limits.throttle, ports.clock);
  }

  write(event: object): void {
    if (this.#waiting.length >= this.#limits.bufferSize) throw new Error("audit backend queue blocked");
    this.#waiting.push(event);
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#send();
    while (this.#sending) await this.#sending;
  }

  #plan(): void {
    if (this.#sending) return;
    if (this.#isStopping || this.#waiting.length >= this.#limits.maxSize) return this.#send();
    this.#timer ??= this.#ports.clock.setTimer(this.#limits.maxWaitMs, () => this.#send());
  }

  #send(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#sending || this.#waiting.length === 0) return;
    const events = this.#waiting.splice(0, this.#limits.maxSize);
    this.#sending = this.#deliver(events).finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0) this.#plan();
    });
  }

  async #deliver(events: readonly object[]): Promise<void> {
    const { clock, sink, logger } = this.#ports;
    const delayMs = this.#isStopping ? 0 : (this.#bucket?.takeMs() ?? 0);
    if (delayMs > 0) await new Promise<void>((resolve) => void clock.setTimer(delayMs, resolve));
    try {
      await sink(events);
    } catch (error) {
      logger.error({ err: (error as Error).message, events: events.length }, "audit events could not be stored");
    }
  }
}
