import assert from "node:assert/strict";
import type { Message } from "@drydock/raft";
import { decodeMessages, encodeFrame, fastPeerService } from "./message-codec.ts";

const envelope = { from: "1", to: "2", term: 7 };
const entry = (index: number, text: string) =>
  ({ term: 7, index, type: index % 2 === 0 ? "normal" : "configuration", data: Buffer.from(text) }) as const;
const append = (entries: ReturnType<typeof entry>[], isNotice = false): Message => ({
  ...envelope,
  type: "append",
  previousIndex: 2 ** 40,
  previousTerm: 6,
  entries,
  commit: 12,
  isNotice,
});
const heartbeat: Message = { ...envelope, type: "heartbeat", commit: 3, readContext: 9 };
const response = (isRejected: boolean): Message => ({
  ...envelope,
  type: "append-response",
  index: 2 ** 40,
  isRejected,
  hintIndex: 5,
  hintTerm: 6,
});
const vote: Message = { ...envelope, type: "vote", lastIndex: 4, lastTerm: 2, isTransfer: true };

describe("the codec of raft's messages", () => {
  const table: [string, Message[], Message[]?][] = [
    ["nothing", []],
    ["an append", [append([entry(1, "a"), entry(2, ""), entry(3, "c".repeat(5000))])]],
    ["a notice", [append([], true)]],
    ["answers to appends", [response(false), response(true)]],
    ["others", [heartbeat, vote]],
    [
      "appends in their order, behind their answers and the others",
      [append([entry(4, "d")]), response(true), heartbeat, append([])],
      [heartbeat, response(true), append([entry(4, "d")]), append([])],
    ],
  ];
  for (const [name, messages, expected = messages] of table)
    it(`carries ${name}`, () => {
      for (const room of [Buffer.alloc(0), Buffer.alloc(10_000, 0xff)]) {
        const frame = encodeFrame(messages, room);
        const decoded = decodeMessages(fastPeerService.stream.requestDeserialize(frame).messages, "1", "2");
        assert.deepEqual(normalized(decoded), normalized(expected));
        assert.equal(frame.buffer === room.buffer, frame.length <= room.length);
      }
    });

  it("refuses what it does not know", () => {
    assert.throws(() => decodeMessages(Buffer.from([9]), "1", "2"), /unknown kind, 9/);
  });
});

function normalized(messages: readonly Message[]): unknown {
  return messages.map((message) =>
    message.type === "append"
      ? {
          ...message,
          entries: message.entries.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data).toString() })),
        }
      : message,
  );
}
