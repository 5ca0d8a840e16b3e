import assert from "node:assert/strict";
import type { Message } from "@drydock/raft";
import { Inbox } from "./inbox.ts";

const from = (sender: string, type: Message["type"], term = 3) => ({ type, from: sender, to: "1", term }) as Message;

describe("Inbox", () => {
  it("gives the acknowledgements of one term alone, and keeps the others in order", () => {
    const inbox = new Inbox();
    const [ack, beat, old, next] = [
      from("2", "append-response"),
      from("2", "heartbeat-response"),
      from("3", "append-response", 2),
      from("3", "append-response"),
    ] as const;
    inbox.add([ack, beat]);
    inbox.add([old, next]);
    assert.deepEqual(inbox.takeAcknowledgements(3), [ack, next]);
    assert.deepEqual(inbox.takeAcknowledgements(3), []);
    inbox.add([ack]);
    assert.deepEqual(inbox.takeAll(), [beat, old, ack]);
    assert.deepEqual(inbox.takeAll(), []);
  });
});
