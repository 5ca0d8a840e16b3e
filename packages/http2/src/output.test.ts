import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { FRAME_HEADER_LENGTH, FrameType } from "./frame.ts";
import { Output } from "./output.ts";

/** A socket whose kernel takes what it is given when it is told to. */
class LazySocket extends Duplex {
  readonly given: Buffer[] = [];
  #take: (() => void) | undefined;

  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, taken: () => void): void {
    this.given.push(chunk);
    this.#take = taken;
  }

  async takeAll(): Promise<void> {
    while (this.#take) {
      const take = this.#take;
      this.#take = undefined;
      take();
      await turn();
    }
  }
}

function send(output: Output, filling: number, octets = 100): void {
  output.frame(FrameType.DATA, 0, 1, Buffer.alloc(octets, filling));
  output.flush();
}

const contentOf = (chunk: Buffer) => chunk.subarray(FRAME_HEADER_LENGTH);
const isFull = (chunk: Buffer, filling: number) => contentOf(chunk).every((octet) => octet === filling);

describe("what a connection sends", () => {
  it("stays as it is until the kernel has taken it, and its room is used again then", async () => {
    const socket = new LazySocket();
    const output = new Output(socket, false);
    send(output, 1);
    const first = socket.given[0] as Buffer;
    const others = Array.from({ length: 50 }, () => new LazySocket());
    for (const other of others) send(new Output(other, false), 2);
    for (let count = 0; count < 50; count++) send(output, 3);
    assert.ok(isFull(first, 1));

    await socket.takeAll();
    assert.equal(socket.writableLength, 0);
    send(output, 4);
    const room = new Set([first, ...socket.given.slice(1, -1)].map(({ buffer }) => buffer));
    assert.ok(room.has((socket.given.at(-1) as Buffer).buffer));
    for (const socketOfOther of others) assert.ok(isFull(socketOfOther.given[0] as Buffer, 2));
  });

  it("gives its room back too when it was more than the socket likes to hold", async () => {
    const socket = new LazySocket();
    const output = new Output(socket, false);
    socket.on("drain", () => output.onDrain());
    for (let frame = 0; frame < 20; frame++) output.frame(FrameType.DATA, 0, 1, Buffer.alloc(8000, 7));
    output.flush();
    assert.ok(output.isBlocked);
    await socket.takeAll();
    assert.ok(!output.isBlocked);
    const room = new Set(socket.given.map(({ buffer }) => buffer));

    send(output, 8);
    assert.ok(room.has((socket.given.at(-1) as Buffer).buffer));
  });
});
