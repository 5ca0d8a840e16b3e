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
  watch: { ...WatchService.watch, responseSerialize: encodeWatchResponse, responsePieces: piecesOfEvents },
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
const views = new WeakMap<readonly WatchedEvent[], Event[]>();

export function eventViews(events: readonly WatchedEvent[]): Event[] {
  let list = views.get(events);
  if (!list) {
    list = events.map((event) => new EventView(event));
    views.set(events, list);
  }
  return list;
}

function encodeWatchResponse(response: WatchResponse): Buffer {
  const pieces = piecesOfEvents(response);
  return pieces ? Buffer.concat(pieces) : Buffer.from(WatchResponse.encode(response).finish());
}

/** What an answer that only has events is written as: what is the watcher's own, and the events, which all watchers of a list share. */
function piecesOfEvents(response: WatchResponse): [own: Buffer, events: Buffer] | undefined {
  const { header, watchId, created, canceled, compactRevision, cancelReason, fragment, events } = response;
  const isPlain = header && !created && !canceled && compactRevision === 0 && cancelReason === "" && !fragment;
  const encoded = isPlain && watchId >= 0 ? encodedEvents(events) : undefined;
  if (!header || !encoded) return undefined;
  const own = Buffer.allocUnsafe(headerLength(header) + (watchId === 0 ? 0 : 1 + varintLength(watchId)));
  const at = writeHeader(own, header, 0);
  if (watchId !== 0) {
    own[at] = 0x10;
    writeVarint(own, watchId, at + 1);
  }
  return [own, encoded];
}

const encodedLists = new WeakMap<readonly Event[], Buffer>();

/** The field `events`; undefined where the generated codec must write one of them. */
function encodedEvents(events: readonly Event[]): Buffer | undefined {
  const known = encodedLists.get(events);
  if (known) return known;
  let size = 0;
  const parts: Buffer[] = [];
  for (const event of events) {
    const part = event instanceof EventView ? event.encoded : undefined;
    if (!part) return undefined;
    parts.push(part);
    size += 1 + varintLength(part.length) + part.length;
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    bytes[at] = 0x5a;
    at = writeVarint(bytes, part.length, at + 1);
    bytes.set(part, at);
    at += part.length;
  }
  encodedLists.set(events, bytes);
  return bytes;
}
