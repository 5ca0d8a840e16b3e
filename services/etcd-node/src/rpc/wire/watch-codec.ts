import type { WatchedEvent } from "@drydock/mvcc";
import { WatchResponse, WatchService } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { type Event, Event_EventType as EventType } from "@drydock/proto/etcd/api/mvccpb/kv";
import { toKeyValueMessage } from "../../apply/requests.ts";
import { StoredKeyValue } from "../../backend/key-value-codec.ts";
import { headerLength, writeHeader } from "./response-header.ts";
import { varintLength, writeVarint } from "./varint.ts";

/** The Watch service with a codec by hand for what is sent most: events are encoded once for all their watchers. */
export const fastWatchService = {
  ...WatchService,
  watch: { ...WatchService.watch, responseSerialize: encodeWatchResponse },
} as const;

/** An event as a message of the API. */
class EventView implements Event {
  readonly #event: WatchedEvent;

  constructor(event: WatchedEvent) {
    this.#event = event;
  }

  /** Undefined where the generated codec must do it. */
  get encoded(): Buffer | undefined {
    const { kv, previous } = this.#event;
    return kv instanceof StoredKeyValue && !previous ? kv.encodedEvent : undefined;
  }
  get type(): EventType {
    return this.#event.type === "put" ? EventType.PUT : EventType.DELETE;
  }
  get kv(): Event["kv"] {
    return toKeyValueMessage(this.#event.kv);
  }
  get prevKv(): Event["prevKv"] {
    return this.#event.previous && toKeyValueMessage(this.#event.previous);
  }
}

/** Watchers of one range are given the same list. */
const views = new WeakMap<readonly WatchedEvent[], readonly Event[]>();

export function eventViews(events: readonly WatchedEvent[]): readonly Event[] {
  let list = views.get(events);
  if (!list) {
    list = events.map((event) => new EventView(event));
    views.set(events, list);
  }
  return list;
}

function encodeWatchResponse(response: WatchResponse): Buffer {
  const { header, watchId, created, canceled, compactRevision, cancelReason, fragment, events } = response;
  const parts = events.map((event) => (event instanceof EventView ? event.encoded : undefined));
  const isPlain = header && !created && !canceled && compactRevision === 0 && cancelReason === "" && !fragment;
  if (!isPlain || watchId < 0 || !parts.every((part) => part !== undefined))
    return Buffer.from(WatchResponse.encode(response).finish());
  let size = headerLength(header) + (watchId === 0 ? 0 : 1 + varintLength(watchId));
  for (const part of parts) size += 1 + varintLength(part.length) + part.length;
  const bytes = Buffer.allocUnsafe(size);
  let at = writeHeader(bytes, header, 0);
  if (watchId !== 0) {
    bytes[at] = 0x10;
    at = writeVarint(bytes, watchId, at + 1);
  }
  for (const part of parts) {
    bytes[at] = 0x5a;
    at = writeVarint(bytes, part.length, at + 1);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
