import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import { HpackDecoder } from "./decoder.ts";
import { HpackEncoder } from "./encoder.ts";
import { huffmanLength, readHuffman, writeHuffman } from "./huffman.ts";
import type { HeaderField } from "./static-table.ts";

const octets = (hex: string) => Buffer.from(hex.replace(/\s/g, ""), "hex");

function decode(decoder: HpackDecoder, block: Uint8Array): readonly HeaderField[] | string {
  const decoded = decoder.decode(block, 0, block.length);
  return decoded.is === "fields" ? decoded.fields : decoded.is === "broken" ? decoded.reason : decoded.is;
}

const DATE_1 = "Mon, 21 Oct 2013 20:13:21 GMT";
const DATE_2 = "Mon, 21 Oct 2013 20:13:22 GMT";
const COOKIE = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const FIRST: HeaderField[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "www.example.com"],
];
const REQUESTS: [HeaderField[], tableSize: number][] = [
  [FIRST, 57],
  [[...FIRST, ["cache-control", "no-cache"]], 110],
  [
    [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      [":authority", "www.example.com"],
      ["custom-key", "custom-value"],
    ],
    164,
  ],
];
const LOCATION: HeaderField = ["location", "https://www.example.com"];
const RESPONSES: [HeaderField[], tableSize: number][] = [
  [[[":status", "302"], ["cache-control", "private"], ["date", DATE_1], LOCATION], 222],
  [[[":status", "307"], ["cache-control", "private"], ["date", DATE_1], LOCATION], 222],
  [
    [
      [":status", "200"],
      ["cache-control", "private"],
      ["date", DATE_2],
      LOCATION,
      ["content-encoding", "gzip"],
      ["set-cookie", COOKIE],
    ],
    215,
  ],
];

/** RFC 7541, appendix C.3 to C.6. */
const EXAMPLES: { name: string; capacity: number; lists: [HeaderField[], number][]; blocks: string[] }[] = [
  {
    name: "requests",
    capacity: 4096,
    lists: REQUESTS,
    blocks: [
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ],
  },
  {
    name: "requests with Huffman codes",
    capacity: 4096,
    lists: REQUESTS,
    blocks: [
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ],
  },
  {
    name: "answers, with eviction",
    capacity: 256,
    lists: RESPONSES,
    blocks: [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d
       546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      "4803 3330 37c1 c0bf",
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f
       6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b
       2076 6572 7369 6f6e 3d31`,
    ],
  },
  {
    name: "answers with Huffman codes, with eviction",
    capacity: 256,
    lists: RESPONSES,
    blocks: [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7
       8f0b 97c8 e9ae 82ae 43d3`,
      "4883 640e ffc1 c0bf",
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335
       dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
  },
];

describe("HPACK", () => {
  for (const { name, capacity, lists, blocks } of EXAMPLES)
    it(`decodes the RFC's ${name}`, () => {
      const decoder = new HpackDecoder(capacity, 65_536);
      blocks.forEach((block, index) => {
        const [fields, tableSize] = lists[index] as [HeaderField[], number];
        assert.deepEqual(decode(decoder, octets(block)), fields);
        assert.equal(decoder.table.size, tableSize);
      });
    });

  for (const [block, field, tableSize] of [
    ["400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", ["custom-key", "custom-header"], 55],
    ["040c 2f73 616d 706c 652f 7061 7468", [":path", "/sample/path"], 0],
    ["1008 7061 7373 776f 7264 0673 6563 7265 74", ["password", "secret"], 0],
    ["82", [":method", "GET"], 0],
  ] as [string, HeaderField, number][])
    it(`decodes the RFC's ${field.join(": ")}`, () => {
      const decoder = new HpackDecoder(4096, 65_536);
      assert.deepEqual(decode(decoder, octets(block)), [field]);
      assert.equal(decoder.table.size, tableSize);
    });

  for (const [problem, block] of [
    ["an index beyond the tables", "be"],
    ["an index beyond the tables", "80"],
    ["an index beyond the tables", "7f 00 01 61"],
    ["an integer too long", "0f ff ff ff ff ff ff ff ff ff 0f"],
    ["an index beyond the tables", "ff ff ff ff ff ff ff ff ff 0f"],
    ["a broken name", "00 05 61"],
    ["a broken name", "00 7f ff ff ff ff ff ff"],
    ["a broken value", "00 01 61 05 61"],
    ["a broken value", "00 01 61"],
    ["a broken value", "00 01 61 81 00"], // padded with zeros
    ["a broken value", "00 01 61 82 1f ff"], // padded with more than seven bits
    ["a broken value", "00 01 61 84 ff ff ff ff"], // end of string
    ["a table size above the announced one", "3f e2 1f"],
    ["a table size update after a field", "82 3f 10"],
  ] as const)
    it(`calls ${block} ${problem}`, () => {
      assert.equal(decode(new HpackDecoder(4096, 65_536), octets(block)), problem);
    });

  it("empties the table for a size update of nothing, and takes a second one", () => {
    const decoder = new HpackDecoder(4096, 65_536);
    decode(decoder, octets("4001 6101 62"));
    assert.deepEqual(decode(decoder, octets("20 3f e1 1f 82")), [[":method", "GET"]]);
    assert.equal(decoder.table.size, 0);
    assert.equal(decode(decoder, octets("be")), "an index beyond the tables");
  });

  it("keeps the table in step when a list is too large, without keeping the list", () => {
    const decoder = new HpackDecoder(4096, 100);
    const value = "v".repeat(60);
    const literal = Buffer.concat([octets("4001 61 3c"), Buffer.from(value)]);
    assert.equal(decode(decoder, Buffer.concat([literal, literal])), "too-large");
    assert.deepEqual(decode(decoder, octets("bf")), [["a", value]]);
  });

  it("codes every octet with Huffman's code and back", () => {
    const text = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index)).repeat(3);
    const target = new Uint8Array(huffmanLength(text));
    assert.equal(writeHuffman(text, target, 0), target.length);
    assert.equal(readHuffman(target, 0, target.length), text);
  });

  it("encodes what it decodes, whatever the peer makes of its table", () => {
    const prng = createPrng(7);
    const pick = <T>(values: readonly T[]): T => values[prng.integer(values.length)] as T;
    const encoder = new HpackEncoder(4096, ["x-indexed"]);
    const decoder = new HpackDecoder(4096, 1 << 20);
    for (let round = 0; round < 500; round++) {
      if (prng.integer(20) === 0) encoder.resize(pick([0, 40, 100, 200, 4096, 65_536]));
      const fields = Array.from({ length: prng.integer(8) }, (): HeaderField => {
        const name = pick(["content-type", "grpc-status", "x-indexed", "set-cookie", "x-other", "server"]);
        return [
          name,
          pick(["", "0", "OK", "application/grpc+proto", "ü".repeat(prng.integer(40)), "z".repeat(prng.integer(300))]),
        ];
      });
      assert.deepEqual(decode(decoder, encoder.encodeFields(fields)), fields);
    }
  });

  it("puts pseudo-headers first and the usual answer into few octets", () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder(4096, 65_536);
    const headers = {
      "grpc-status": 0,
      "content-type": "application/grpc+proto",
      ":status": 200,
      "grpc-message": "OK",
    };
    const fields = [
      [":status", "200"],
      ["grpc-status", "0"],
      ["content-type", "application/grpc+proto"],
      ["grpc-message", "OK"],
    ];
    assert.deepEqual(decode(decoder, encoder.encode(headers)), fields);
    const second = encoder.encode(headers);
    assert.equal(second.length, 4);
    assert.deepEqual(decode(decoder, second), fields);
  });
});
