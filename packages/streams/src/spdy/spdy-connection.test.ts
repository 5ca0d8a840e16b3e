import assert from "node:assert/strict";
import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { dataFrame, FrameParser, pingFrame, resetFrame, type SpdyFrame, synStreamFrame } from "./frames.ts";
import { HeaderWriter } from "./header-block.ts";
import { collectSpdyChannels } from "./spdy-channels.ts";
import { SpdyConnection, type SpdyStream } from "./spdy-connection.ts";

/** What kubectl 1.20 sends for `exec -i app-pod -- cat` with "hello\n" as input, from the upgrade on. */
const EXEC_OF_KUBECTL_1_20 = [
  "80030001 00000029 00000001 00000000 0000 78f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff",
  "80030001 00000017 00000003 00000000 0000 c22e555c92929907000000ffff",
  "80030001 00000019 00000005 00000000 0000 c22ac5565c92925f5a02000000ffff",
  "80030001 00000015 00000007 00000000 0000 c229975a5404000000ffff",
  "00000003 00000006 68656c6c6f0a",
  "00000003 01000000",
].map((hex) => Buffer.from(hex.replaceAll(" ", ""), "hex"));

const BARRIER_ID = 99;

interface Connected {
  readonly connection: SpdyConnection;
  readonly client: Duplex;
  /** The frames that the client has received, but for the answers that `handled` waited for. */
  readonly received: SpdyFrame[];
  /** Resolves when the server has handled all that the client has sent. */
  handled(): Promise<void>;
}

/** A connection and the client's end of it. */
function connect(): Connected {
  const [client, socket] = duplexPair();
  const parser = new FrameParser();
  const received: SpdyFrame[] = [];
  let onHandled = (): void => {};
  client.on("data", (chunk: Buffer) => {
    for (const frame of parser.push(chunk))
      if (frame.kind === "ping" && frame.id === BARRIER_ID) onHandled();
      else received.push(frame);
  });
  const handled = () =>
    new Promise<void>((resolve) => {
      onHandled = resolve;
      client.write(pingFrame(BARRIER_ID));
    });
  return { connection: new SpdyConnection(socket, Buffer.alloc(0)), client, received, handled };
}

describe("a SPDY connection", () => {
  it("accepts streams, and carries data both ways until both sides are done", async () => {
    const { connection, client, received, handled } = connect();
    const seen: string[] = [];
    connection.onStream = (stream) => {
      seen.push(`open ${stream.id} ${stream.headers["streamtype"]}`);
      stream.onData = (data) => seen.push(`data ${data}`);
      stream.onEnd = () => {
        seen.push("end");
        stream.write(Buffer.from("answer"));
        stream.end();
        stream.write(Buffer.from("too late"));
      };
    };
    client.write(synStreamFrame(1, new HeaderWriter().write({ streamtype: "data" })));
    client.write(dataFrame(1, Buffer.from("question")));
    client.write(dataFrame(1, Buffer.alloc(0), true));
    await handled();
    assert.deepEqual(seen, ["open 1 data", "data question", "end"]);
    assert.deepEqual(
      received.map(({ kind }) => kind),
      ["syn-reply", "data", "data"],
    );
    assert.deepEqual(received[1], { kind: "data", streamId: 1, isLast: false, data: Buffer.from("answer") });
    assert.equal((received[2] as { isLast: boolean }).isLast, true);
  });

  it("understands bytes however they are cut", async () => {
    const { connection, client, handled } = connect();
    const types: (string | undefined)[] = [];
    connection.onStream = ({ headers }) => types.push(headers["streamtype"]);
    for (const byte of Buffer.concat(EXEC_OF_KUBECTL_1_20)) client.write(Buffer.of(byte));
    await handled();
    assert.deepEqual(types, ["error", "stdin", "stdout", "stderr"]);
  });

  it("answers pings, and refuses ids that do not grow or are even", async () => {
    const { connection, client, received, handled } = connect();
    const opened: number[] = [];
    connection.onStream = ({ id }) => opened.push(id);
    const headers = new HeaderWriter();
    client.write(pingFrame(7));
    for (const id of [3, 3, 1, 4, 5]) client.write(synStreamFrame(id, headers.write({})));
    await handled();
    assert.deepEqual(opened, [3, 5]);
    assert.deepEqual(received[0], { kind: "ping", id: 7 });
    assert.deepEqual(
      received.filter(({ kind }) => kind === "reset").map((frame) => (frame as { streamId: number }).streamId),
      [3, 1, 4],
    );
  });

  it("ends when the client resets, goes away or talks nonsense", async () => {
    for (const finish of [
      (client: Duplex) => client.write(resetFrame(1, 5)),
      (client: Duplex) => client.end(),
      // Version 2.
      (client: Duplex) => client.write(Buffer.from("8002000100000000", "hex")),
    ]) {
      const { connection, client, handled } = connect();
      let isEnded = false;
      const ended = new Promise<void>((resolve) => {
        connection.onStream = (stream: SpdyStream) => {
          stream.onEnd = () => {
            isEnded = true;
            resolve();
          };
        };
      });
      client.on("error", () => {});
      client.write(synStreamFrame(1, new HeaderWriter().write({})));
      await handled();
      assert.equal(isEnded, false);
      finish(client);
      await ended;
    }
  });
});

describe("a remote command over SPDY", () => {
  const wanted = { stdin: true, stdout: true, stderr: true, tty: false };

  it("is what kubectl 1.20 speaks", async () => {
    const { connection, client, received } = connect();
    const ready = collectSpdyChannels(connection, "v4.channel.k8s.io", wanted);
    client.write(Buffer.concat(EXEC_OF_KUBECTL_1_20));
    const channels = await ready;
    let input = "";
    channels.onStdin = (data) => {
      input += data;
    };
    const closed = new Promise<void>((resolve) => {
      channels.onStdinClosed = resolve;
    });
    await closed;
    assert.equal(input, "hello\n");
    channels.sendStdout(Buffer.from("hello\n"));
    channels.sendStatus({ status: "Success" });
    channels.close();
    await once(client, "end");
    const texts = received.flatMap((frame) =>
      frame.kind === "data" && frame.data.length > 0 ? [`${frame.streamId} ${frame.data}`] : [],
    );
    assert.deepEqual(texts, ["5 hello\n", '1 {"status":"Success"}']);
    const ended = received.flatMap((frame) => (frame.kind === "data" && frame.isLast ? [frame.streamId] : []));
    assert.deepEqual(ended.sort(), [1, 3, 5, 7]);
    assert.equal(received.at(-1)?.kind, "go-away");
  });

  it("has no stderr but a size when it has a terminal", async () => {
    const { connection, client } = connect();
    const ready = collectSpdyChannels(connection, "v4.channel.k8s.io", { ...wanted, tty: true });
    const headers = new HeaderWriter();
    for (const [index, streamtype] of ["error", "stdin", "stdout", "resize"].entries())
      client.write(synStreamFrame(2 * index + 1, headers.write({ streamtype })));
    client.write(dataFrame(7, Buffer.from('{"Width":80,"Height":24}\n')));
    const channels = await ready;
    const size = await new Promise((resolve) => {
      channels.onResize = (width, height) => resolve([width, height]);
    });
    assert.deepEqual(size, [80, 24]);
    channels.close();
  });

  it("is given up when the client leaves before its streams are there", async () => {
    const { connection, client } = connect();
    const ready = collectSpdyChannels(connection, "v4.channel.k8s.io", wanted);
    client.write(EXEC_OF_KUBECTL_1_20[0]);
    client.end();
    await assert.rejects(ready, /the client went away/);
  });
});
