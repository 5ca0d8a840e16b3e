import assert from "node:assert/strict";
import type { WatchedEvent } from "@drydock/mvcc";
import { WatchResponse } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { encodeKeyValue, StoredKeyValue } from "../../backend/key-value-codec.ts";
import { eventViews, fastWatchService } from "./watch-codec.ts";

const header = { clusterId: "14841639068965178418", memberId: "10276657743932975437", revision: 300, raftTerm: 2 };
const kv = (key: string, version: number) =>
  new StoredKeyValue(
    encodeKeyValue({
      key,
      value: Buffer.alloc(version * 90, 3),
      createRevision: 2,
      modRevision: 9,
      version,
      lease: "0",
    }),
  );
const put: WatchedEvent = { type: "put", kv: kv("a", 2) };
const deletion: WatchedEvent = { type: "delete", kv: kv("b", 0) };
const withPrevious: WatchedEvent = { ...put, previous: kv("a", 1) };
const response = (part: Partial<WatchResponse>): WatchResponse => ({
  header,
  watchId: 7,
  created: false,
  canceled: false,
  compactRevision: 0,
  cancelReason: "",
  fragment: false,
  events: [],
  ...part,
});

describe("the hand-written codec of watches", () => {
  const table: [string, WatchResponse][] = [
    ["events", response({ events: [...eventViews([put, deletion])] })],
    ["an event of the first watch", response({ watchId: 0, events: [...eventViews([put])] })],
    ["events with the values before", response({ events: [...eventViews([withPrevious])] })],
    ["a part", response({ fragment: true, events: [...eventViews([put])] })],
    ["progress", response({})],
    ["progress of the whole stream", response({ watchId: -1 })],
    ["a creation", response({ created: true })],
    ["an end", response({ canceled: true, compactRevision: 5, cancelReason: "because" })],
    ["no header", response({ header: undefined, events: [...eventViews([put])] })],
  ];
  for (const [name, message] of table)
    it(`writes ${name} as the generated one does`, () => {
      assert.deepEqual(
        fastWatchService.watch.responseSerialize(message),
        Buffer.from(WatchResponse.encode(message).finish()),
      );
    });

  it("makes the views of a list once", () => {
    const events = [put];
    assert.equal(eventViews(events), eventViews(events));
  });
});
