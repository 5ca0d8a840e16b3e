import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { readInPlace } from "./read-in-place.ts";

describe("reading in place", () => {
  let server: Server;
  let client: Socket;
  let accepted: Socket;

  beforeEach(async () => {
    server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    [accepted] = (await once(server, "connection")) as [Socket];
    client.on("error", () => {});
  });
  afterEach(async () => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const until = async (isSo: () => boolean) => {
    while (!isSo()) await turn();
  };

  it("gives every octet, in the same memory each time", async () => {
    const texts: string[] = [];
    const memories = new Set<ArrayBufferLike>();
    const socket = readInPlace(accepted, (chunk) => {
      texts.push(chunk.toString());
      memories.add(chunk.buffer);
    });
    socket.resume();
    for (const text of ["one", "two", "three"]) {
      client.write(text);
      await until(() => texts.at(-1) === text);
    }
    const long = "long ".repeat(100_000);
    client.end(long);
    await once(socket, "end");
    assert.deepEqual(texts.slice(0, 3), ["one", "two", "three"]);
    assert.equal(texts.slice(3).join(""), long);
    assert.equal(memories.size, 1);
    assert.notEqual(socket, accepted);
  });

  it("goes on with a socket that was read before", async () => {
    const [head] = (await Promise.all([once(accepted, "data"), client.write("head")]))[0] as [Buffer];
    assert.equal(head.toString(), "head");
    accepted.pause();
    const texts: string[] = [];
    const socket = readInPlace(accepted, (chunk) => texts.push(chunk.toString()));
    socket.resume();
    client.write("rest");
    await until(() => texts.join() === "rest");
    socket.write("answer");
    const [answer] = (await once(client, "data")) as [Buffer];
    assert.equal(answer.toString(), "answer");
  });

  it("waits while it is paused", async () => {
    const texts: string[] = [];
    const socket = readInPlace(accepted, (chunk) => texts.push(chunk.toString()));
    socket.resume();
    client.write("early");
    await until(() => texts.join() === "early");
    socket.pause();
    client.write("late");
    for (let count = 0; count < 20; count++) await turn();
    assert.deepEqual(texts, ["early"]);
    socket.resume();
    await until(() => texts.join() === "early,late");
  });

  for (const who of ["the accepted socket", "its own", "the client's"] as const)
    it(`ends with ${who}`, async () => {
      const socket = readInPlace(accepted, () => {});
      socket.resume();
      socket.on("error", () => {});
      const closed = Promise.all([once(socket, "close"), once(accepted, "close")]);
      ({ "the accepted socket": accepted, "its own": socket, "the client's": client })[who].destroy();
      await closed;
      const connections = await new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
      assert.equal(connections, 0);
    });
});
