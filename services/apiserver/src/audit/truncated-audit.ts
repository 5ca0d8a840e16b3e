import { stringifyJson } from "@drydock/apimachinery";
import type { AuditSink } from "./audit-backend.ts";

export interface TruncateLimits {
  readonly maxEventSize: number;
  readonly maxBatchSize: number;
}

interface AuditedEvent {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
}

/** An event that is too large goes without its bodies, and says so; one that is too large all the same is lost. What is too much at once is sent in parts. */
export function truncatedAudit(limits: TruncateLimits, sink: AuditSink): AuditSink {
  return async (events) => {
    let part: object[] = [];
    let size = 0;
    let lost = 0;
    for (const event of events) {
      const sent = fitting(event, limits.maxEventSize);
      if (!sent) {
        lost++;
        continue;
      }
      if (part.length > 0 && size + sent.size > limits.maxBatchSize) {
        await sink(part);
        part = [];
        size = 0;
      }
      part.push(sent.event);
      size += sent.size;
    }
    if (part.length > 0) await sink(part);
    if (lost > 0) throw new Error("event is too large");
  };
}

function fitting(event: AuditedEvent, maxSize: number): { event: object; size: number } | undefined {
  const size = sizeOf(event);
  if (size <= maxSize) return { event, size };
  const { requestObject: _request, responseObject: _response, ...rest } = event;
  const bare = { ...rest, annotations: { ...event.annotations, "audit.k8s.io/truncated": "true" } };
  const bareSize = sizeOf(bare);
  return bareSize <= maxSize ? { event: bare, size: bareSize } : undefined;
}

function sizeOf(event: object): number {
  return Buffer.byteLength(stringifyJson(event));
}
