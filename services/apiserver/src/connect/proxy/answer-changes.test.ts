import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import type { Exchange } from "../../http/exchange.ts";
import { answerChanges } from "./answer-changes.ts";

const page = { prefix: "/p", targetHost: "10.0.0.1:80", requestHost: "host" };

describe("a page in the codings that upstream knows", () => {
  const table: [string, (text: string) => Buffer, (bytes: Buffer) => Buffer][] = [
    ["gzip", gzipSync, gunzipSync],
    // Bare, as Go's package flate reads and writes it.
    ["deflate", deflateRawSync, inflateRawSync],
  ];
  for (const [coding, encode, decode] of table)
    it(`${coding} is read, changed and written again`, async () => {
      const headers = { "content-type": "text/html", "content-encoding": coding };
      const answer = Object.assign(Readable.from([encode('<a href="/x">')]), { headers, statusCode: 200 });
      const { body } = answerChanges({ request: { method: "GET" } } as Exchange, page);
      const parts: Buffer[] = [];
      for await (const part of body(answer as unknown as IncomingMessage)) parts.push(part as Buffer);
      assert.equal(String(decode(Buffer.concat(parts))), '<a href="/p/x">');
    });
});
