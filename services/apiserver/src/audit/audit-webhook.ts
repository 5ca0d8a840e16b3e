import type { Clock } from "@drydock/base";
import type { AuditSink } from "./audit-backend.ts";

const ATTEMPTS_MAX = 5;
const BACKOFF_FACTOR = 1.5;

export interface AuditWebhookPorts {
  /** Resolves with the HTTP status of the answer; rejects when there is none. */
  readonly post: (list: object) => Promise<number>;
  readonly clock: Clock;
  /** Nobody waits any longer. */
  readonly isStopping: () => boolean;
}

/** Sends events to a webhook. Tries again while that is away or busy; rejects when it does not want them, or stays away. */
export function auditWebhook(initialBackoffMs: number, { post, clock, isStopping }: AuditWebhookPorts): AuditSink {
  return async (items) => {
    const list = { kind: "EventList", apiVersion: "audit.k8s.io/v1", metadata: {}, items };
    let pauseMs = initialBackoffMs;
    for (let attempt = 1; ; attempt++) {
      const status = await post(list).catch(() => 0);
      if (status >= 200 && status < 300) return;
      const mayPass = status === 0 || status === 429 || status >= 500;
      if (!mayPass || attempt >= ATTEMPTS_MAX || isStopping())
        throw new Error(status === 0 ? "the webhook is away" : `the webhook answered ${status}`);
      await new Promise<void>((resolve) => void clock.setTimer(pauseMs, resolve));
      pauseMs *= BACKOFF_FACTOR;
    }
  };
}
