import type { Clock, Timer } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { AuditBackend } from "./audit-log.ts";

const ATTEMPTS_MAX = 5;
const BACKOFF_FACTOR = 1.5;

export interface BatchLimits {
  /** What waits beyond this is lost. */
  readonly bufferSize: number;
  readonly maxSize: number;
  readonly maxWaitMs: number;
  readonly initialBackoffMs: number;
}

export interface AuditWebhookPorts {
  /** Resolves with the HTTP status of the answer; rejects when there is none. */
  readonly post: (list: object) => Promise<number>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
}

/** Sends events to a webhook, many at once: when enough have come, or when the first has waited long enough. */
export class AuditWebhook implements AuditBackend {
  readonly #limits: BatchLimits;
  readonly #ports: AuditWebhookPorts;
  readonly #waiting: object[] = [];
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #isStopping = false;

  constructor(limits: BatchLimits, ports: AuditWebhookPorts) {
    this.#limits = limits;
    this.#ports = ports;
  }

  write(event: object): void {
    if (this.#waiting.length >= this.#limits.bufferSize) throw new Error("audit webhook queue blocked");
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
    const items = this.#waiting.splice(0, this.#limits.maxSize);
    this.#sending = this.#deliver(items).finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0) this.#plan();
    });
  }

  /** Tries again while the webhook is away or busy; what it does not want is lost. */
  async #deliver(items: readonly object[]): Promise<void> {
    const list = { kind: "EventList", apiVersion: "audit.k8s.io/v1", metadata: {}, items };
    let pauseMs = this.#limits.initialBackoffMs;
    for (let attempt = 1; ; attempt++) {
      const status = await this.#ports.post(list).catch(() => 0);
      if (status >= 200 && status < 300) return;
      const mayPass = status === 0 || status === 429 || status >= 500;
      if (!mayPass || attempt >= ATTEMPTS_MAX || this.#isStopping) {
        this.#ports.logger.error({ status, events: items.length }, "audit events could not be sent");
        return;
      }
      await new Promise<void>((resolve) => void this.#ports.clock.setTimer(pauseMs, resolve));
      pauseMs *= BACKOFF_FACTOR;
    }
  }
}
