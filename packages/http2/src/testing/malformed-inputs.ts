import type { ErrorCode } from "../error-code.ts";
import { Flag, FrameType } from "../frame.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import { GET, POST, type RawClient } from "./raw-client.ts";

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } =
  FrameType;
const { END_HEADERS, END_STREAM, PADDED, ACK } = Flag;
const BOTH = END_HEADERS | END_STREAM;

/** What each malformed input costs: section of RFC 9113, what it is, what is sent, the error code, and the stream if it costs no more. */
export type MalformedInput = readonly [
  section: string,
  what: string,
  send: (client: RawClient) => void | Promise<void>,
  code: keyof typeof ErrorCode,
  streamId?: number,
];

export const setting = (id: number, value: number): Buffer => {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(id);
  payload.writeUInt32BE(value, 2);
  return payload;
};
export const openPost = (client: RawClient, id = 1, extra: readonly HeaderField[] = []) =>
  client.headers(id, [...POST, ...extra], END_HEADERS);
export const request = (...fields: HeaderField[]) => [...GET, ...fields];
const without = (name: string) => GET.filter(([each]) => each !== name);
async function finish(client: RawClient, id = 1): Promise<void> {
  client.headers(id, GET);
  await client.status(id);
  await client.ping();
}

export const MALFORMED_INPUTS: readonly MalformedInput[] = [
  [
    "4.2",
    "a DATA frame that is too long",
    (c) => {
      openPost(c);
      c.send(DATA, 0, 1, Buffer.alloc(16_385));
    },
    "FRAME_SIZE_ERROR",
  ],
  [
    "4.2",
    "a HEADERS frame that is too long",
    (c) => c.send(HEADERS, BOTH, 1, Buffer.alloc(16_385)),
    "FRAME_SIZE_ERROR",
  ],
  [
    "4.3",
    "a block that does not decode",
    (c) => c.send(HEADERS, BOTH, 1, Buffer.from([0x40, 0x7f, 0xff])),
    "COMPRESSION_ERROR",
  ],
  [
    "4.3",
    "another stream's frame within a block",
    (c) => {
      c.headers(1, GET, END_STREAM);
      c.headers(3, GET);
    },
    "PROTOCOL_ERROR",
  ],
  [
    "4.3",
    "DATA within a block",
    (c) => {
      c.headers(1, POST, 0);
      c.send(DATA, 0, 1);
    },
    "PROTOCOL_ERROR",
  ],
  [
    "4.3",
    "a frame of unknown type within a block",
    (c) => {
      c.headers(1, POST, 0);
      c.send(0x16, 0, 0);
    },
    "PROTOCOL_ERROR",
  ],
  ["5.1", "DATA on an idle stream", (c) => c.send(DATA, END_STREAM, 1, Buffer.from("x")), "PROTOCOL_ERROR"],
  ["5.1", "RST_STREAM on an idle stream", (c) => c.sendWord(RST_STREAM, 1, 8), "PROTOCOL_ERROR"],
  ["5.1", "WINDOW_UPDATE on an idle stream", (c) => c.sendWord(WINDOW_UPDATE, 1, 8), "PROTOCOL_ERROR"],
  ["5.1", "CONTINUATION of nothing", (c) => c.send(CONTINUATION, END_HEADERS, 1), "PROTOCOL_ERROR"],
  [
    "5.1",
    "DATA on a half-closed stream",
    (c) => {
      c.headers(1, [...GET.slice(0, 2), [":path", "/wait"]]);
      c.send(DATA, END_STREAM, 1, Buffer.from("x"));
    },
    "STREAM_CLOSED",
    1,
  ],
  [
    "5.1",
    "HEADERS on a half-closed stream",
    (c) => {
      c.headers(1, [...GET.slice(0, 2), [":path", "/wait"]]);
      c.headers(1, GET);
    },
    "STREAM_CLOSED",
    1,
  ],
  [
    "5.1",
    "CONTINUATION after the block",
    (c) => {
      openPost(c);
      c.send(CONTINUATION, END_HEADERS, 1);
    },
    "PROTOCOL_ERROR",
  ],
  [
    "5.1",
    "DATA after RST_STREAM",
    (c) => {
      openPost(c);
      c.sendWord(RST_STREAM, 1, 8);
      c.send(DATA, 0, 1, Buffer.from("x"));
    },
    "STREAM_CLOSED",
    1,
  ],
  [
    "5.1",
    "HEADERS after RST_STREAM",
    (c) => {
      openPost(c);
      c.sendWord(RST_STREAM, 1, 8);
      c.headers(1, GET);
    },
    "STREAM_CLOSED",
    1,
  ],
  [
    "5.1",
    "DATA on a stream that has ended",
    async (c) => {
      await finish(c);
      c.send(DATA, 0, 1, Buffer.from("x"));
    },
    "STREAM_CLOSED",
    1,
  ],
  [
    "5.1",
    "HEADERS on a stream that has ended",
    async (c) => {
      await finish(c);
      c.headers(1, GET);
    },
    "STREAM_CLOSED",
  ],
  ["5.1.1", "a stream with an even number", (c) => c.headers(2, GET), "PROTOCOL_ERROR"],
  [
    "5.1.1",
    "a stream that was passed over",
    (c) => {
      c.headers(5, GET);
      c.headers(3, GET);
    },
    "PROTOCOL_ERROR",
  ],
  [
    "5.1.2",
    "more streams than there may be",
    (c) => {
      for (let id = 1; id <= 9; id += 2) openPost(c, id);
    },
    "REFUSED_STREAM",
    9,
  ],
  ["5.4.1", "no settings at first", async () => {}, "PROTOCOL_ERROR"],
  ["6.1", "DATA on stream 0", (c) => c.send(DATA, 0, 0, Buffer.from("x")), "PROTOCOL_ERROR"],
  [
    "6.1",
    "more padding than DATA",
    (c) => {
      openPost(c);
      c.send(DATA, PADDED, 1, Buffer.from([4, 0, 0, 0]));
    },
    "PROTOCOL_ERROR",
  ],
  [
    "6.1",
    "padding without its length",
    (c) => {
      openPost(c);
      c.send(DATA, PADDED, 1);
    },
    "FRAME_SIZE_ERROR",
  ],
  ["6.2", "HEADERS on stream 0", (c) => c.headers(0, GET), "PROTOCOL_ERROR"],
  [
    "6.2",
    "more padding than HEADERS",
    (c) => c.send(HEADERS, BOTH | PADDED, 1, Buffer.from([9, 0x82])),
    "PROTOCOL_ERROR",
  ],
  [
    "6.2",
    "priority that does not fit",
    (c) => c.send(HEADERS, BOTH | Flag.PRIORITY, 1, Buffer.from([0, 0])),
    "FRAME_SIZE_ERROR",
  ],
  ["6.3", "PRIORITY on stream 0", (c) => c.send(PRIORITY, 0, 0, Buffer.alloc(5)), "PROTOCOL_ERROR"],
  [
    "6.3",
    "PRIORITY of a wrong length",
    (c) => {
      openPost(c);
      c.send(PRIORITY, 0, 1, Buffer.alloc(4));
    },
    "FRAME_SIZE_ERROR",
    1,
  ],
  ["6.4", "RST_STREAM on stream 0", (c) => c.sendWord(RST_STREAM, 0, 8), "PROTOCOL_ERROR"],
  [
    "6.4",
    "RST_STREAM of a wrong length",
    (c) => {
      openPost(c);
      c.send(RST_STREAM, 0, 1, Buffer.alloc(3));
    },
    "FRAME_SIZE_ERROR",
  ],
  ["6.5", "an acknowledgement with settings", (c) => c.send(SETTINGS, ACK, 0, setting(3, 1)), "FRAME_SIZE_ERROR"],
  ["6.5", "SETTINGS on a stream", (c) => c.send(SETTINGS, 0, 1, setting(3, 1)), "PROTOCOL_ERROR"],
  ["6.5", "SETTINGS of a wrong length", (c) => c.send(SETTINGS, 0, 0, Buffer.alloc(5)), "FRAME_SIZE_ERROR"],
  ["6.5.2", "ENABLE_PUSH of 2", (c) => c.send(SETTINGS, 0, 0, setting(2, 2)), "PROTOCOL_ERROR"],
  ["6.5.2", "a window above 2^31-1", (c) => c.send(SETTINGS, 0, 0, setting(4, 0x8000_0000)), "FLOW_CONTROL_ERROR"],
  ["6.5.2", "a frame size below 2^14", (c) => c.send(SETTINGS, 0, 0, setting(5, 16_383)), "PROTOCOL_ERROR"],
  ["6.5.2", "a frame size above 2^24-1", (c) => c.send(SETTINGS, 0, 0, setting(5, 16_777_216)), "PROTOCOL_ERROR"],
  [
    "6.6",
    "PUSH_PROMISE",
    (c) => {
      openPost(c);
      c.send(PUSH_PROMISE, END_HEADERS, 1, Buffer.alloc(4));
    },
    "PROTOCOL_ERROR",
  ],
  ["6.7", "PING on a stream", (c) => c.send(PING, 0, 1, Buffer.alloc(8)), "PROTOCOL_ERROR"],
  ["6.7", "PING of a wrong length", (c) => c.send(PING, 0, 0, Buffer.alloc(6)), "FRAME_SIZE_ERROR"],
  ["6.8", "GOAWAY on a stream", (c) => c.send(GOAWAY, 0, 1, Buffer.alloc(8)), "PROTOCOL_ERROR"],
  ["6.8", "GOAWAY that is too short", (c) => c.send(GOAWAY, 0, 0, Buffer.alloc(7)), "FRAME_SIZE_ERROR"],
  ["6.9", "a window update of nothing", (c) => c.sendWord(WINDOW_UPDATE, 0, 0), "PROTOCOL_ERROR"],
  [
    "6.9",
    "a window update of nothing on a stream",
    (c) => {
      openPost(c);
      c.sendWord(WINDOW_UPDATE, 1, 0);
    },
    "PROTOCOL_ERROR",
    1,
  ],
  ["6.9", "WINDOW_UPDATE of a wrong length", (c) => c.send(WINDOW_UPDATE, 0, 0, Buffer.alloc(3)), "FRAME_SIZE_ERROR"],
  [
    "6.9.1",
    "a connection window above 2^31-1",
    (c) => {
      c.sendWord(WINDOW_UPDATE, 0, 0x7fff_ffff);
    },
    "FLOW_CONTROL_ERROR",
  ],
  [
    "6.9.1",
    "a stream window above 2^31-1",
    (c) => {
      openPost(c);
      c.sendWord(WINDOW_UPDATE, 1, 0x7fff_ffff);
    },
    "FLOW_CONTROL_ERROR",
    1,
  ],
  [
    "6.9.2",
    "settings that make a window overflow",
    (c) => {
      openPost(c);
      c.sendWord(WINDOW_UPDATE, 1, 0x7fff_0000 - 65_535);
      c.send(SETTINGS, 0, 0, setting(4, 0x7fff_ffff));
    },
    "FLOW_CONTROL_ERROR",
  ],
  [
    "6.9.1",
    "more DATA than a stream's window",
    (c) => {
      openPost(c);
      for (let n = 0; n < 5; n++) c.send(DATA, 0, 1, Buffer.alloc(16_384));
    },
    "FLOW_CONTROL_ERROR",
    1,
  ],
  [
    "6.10",
    "CONTINUATION of another stream",
    (c) => {
      c.headers(1, GET, END_STREAM);
      c.send(CONTINUATION, END_HEADERS, 3);
    },
    "PROTOCOL_ERROR",
  ],
  [
    "6.10",
    "CONTINUATION on stream 0",
    (c) => {
      c.headers(1, GET, END_STREAM);
      c.send(CONTINUATION, END_HEADERS, 0);
    },
    "PROTOCOL_ERROR",
  ],
  [
    "8.1",
    "a second block that does not end the stream",
    (c) => {
      openPost(c);
      c.headers(1, [["x", "1"]], END_HEADERS);
    },
    "PROTOCOL_ERROR",
    1,
  ],
  [
    "8.1",
    "pseudo-headers in trailers",
    (c) => {
      openPost(c);
      c.headers(1, [[":method", "GET"]]);
    },
    "PROTOCOL_ERROR",
    1,
  ],
  [
    "8.1.1",
    "less body than promised",
    (c) => {
      openPost(c, 1, [["content-length", "2"]]);
      c.send(DATA, END_STREAM, 1, Buffer.from("x"));
    },
    "PROTOCOL_ERROR",
    1,
  ],
  [
    "8.1.1",
    "more body than promised",
    (c) => {
      openPost(c, 1, [["content-length", "1"]]);
      c.send(DATA, END_STREAM, 1, Buffer.from("xy"));
    },
    "PROTOCOL_ERROR",
    1,
  ],
  [
    "8.1.1",
    "no body where one was promised",
    (c) => c.headers(1, request(["content-length", "1"])),
    "PROTOCOL_ERROR",
    1,
  ],
  ["8.2.1", "a name in upper case", (c) => c.headers(1, request(["X-Test", "1"])), "PROTOCOL_ERROR", 1],
  ["8.2.1", "a name with a blank", (c) => c.headers(1, request(["x test", "1"])), "PROTOCOL_ERROR", 1],
  ["8.2.1", "a value with a line break", (c) => c.headers(1, request(["x", "1\r\ny: 2"])), "PROTOCOL_ERROR", 1],
  ["8.2.1", "a value with a blank at its end", (c) => c.headers(1, request(["x", "1 "])), "PROTOCOL_ERROR", 1],
  ["8.2.2", "a header of connections", (c) => c.headers(1, request(["connection", "close"])), "PROTOCOL_ERROR", 1],
  ["8.2.2", "transfer-encoding", (c) => c.headers(1, request(["transfer-encoding", "chunked"])), "PROTOCOL_ERROR", 1],
  ["8.2.2", "te other than trailers", (c) => c.headers(1, request(["te", "gzip"])), "PROTOCOL_ERROR", 1],
  ["8.3", "an unknown pseudo-header", (c) => c.headers(1, request([":test", "1"])), "PROTOCOL_ERROR", 1],
  ["8.3", "a pseudo-header of answers", (c) => c.headers(1, request([":status", "200"])), "PROTOCOL_ERROR", 1],
  ["8.3", "a pseudo-header after others", (c) => c.headers(1, [["x", "1"], ...GET]), "PROTOCOL_ERROR", 1],
  ["8.3.1", "no method", (c) => c.headers(1, without(":method")), "PROTOCOL_ERROR", 1],
  ["8.3.1", "no scheme", (c) => c.headers(1, without(":scheme")), "PROTOCOL_ERROR", 1],
  ["8.3.1", "no path", (c) => c.headers(1, without(":path")), "PROTOCOL_ERROR", 1],
  ["8.3.1", "an empty path", (c) => c.headers(1, [...without(":path"), [":path", ""]]), "PROTOCOL_ERROR", 1],
  ["8.3.1", "a path twice", (c) => c.headers(1, [...GET, [":path", "/"]]), "PROTOCOL_ERROR", 1],
];
