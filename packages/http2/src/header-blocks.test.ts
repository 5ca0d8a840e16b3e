import assert from "node:assert/strict";
import { RequestHeadCache } from "./header-blocks.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import type { HeaderField } from "./hpack/static-table.ts";
import { GET } from "./testing/raw-client.ts";

describe("the cache of request heads", () => {
  let encoder: HpackEncoder;
  let cache: RequestHeadCache;
  const read = (block: Uint8Array) => {
    const head = cache.read(Buffer.from(block), 0, block.length);
    assert.ok(head.is === "request", head.is);
    return head.headers;
  };
  const encode = (...fields: HeaderField[]) => Uint8Array.from(encoder.encodeFields([...GET, ...fields]));

  beforeEach(() => {
    encoder = new HpackEncoder(4096, [":authority", "x"]);
    cache = new RequestHeadCache(new HpackDecoder(4096, 65_536));
  });

  it("gives the same head for the same octets while the table stays as it is", () => {
    read(encode(["x", "1"]));
    const block = encode(["x", "1"]);
    const first = read(block);
    assert.equal(first["x"], "1");
    assert.equal(read(block), first);
    assert.ok(Object.isFrozen(first));
  });

  it("decodes anew when the same octets mean something else", () => {
    read(encode(["x", "1"]));
    const block = encode(["x", "1"]);
    assert.equal(read(block)["x"], "1");
    read(encode(["x", "2"]));
    // Each entry has moved on by one: what meant the authority means x: 1, and what meant x: 1 means x: 2.
    const moved = read(block);
    assert.equal(moved["x"], "1, 2");
    assert.equal(moved[":authority"], undefined);
  });

  it("keeps no head that changed the table while it was decoded", () => {
    const adding = encode(["x", "1"]);
    assert.equal(read(adding)["x"], "1");
    assert.notEqual(read(adding), read(adding));
  });
});
