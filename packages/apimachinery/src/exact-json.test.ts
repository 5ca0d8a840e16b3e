import assert from "node:assert/strict";
import { exactNumber, parseExactJson, stringifyJson, toInt64, withDigits } from "./exact-json.ts";

describe("whole numbers of 64 bits in JSON", () => {
  const texts: Readonly<Record<string, number | bigint>> = {
    "3": 3,
    "3.0": 3,
    "-9007199254740991": -9007199254740991,
    "9007199254740992": 9007199254740992n,
    "9007199254740993": 9007199254740993n,
    "9223372036854775807": 9223372036854775807n,
    "-9223372036854775808": -9223372036854775808n,
    "9223372036854775808": 2 ** 63,
    "9007199254740993.0": 2 ** 53,
    "1e17": 1e17,
  };
  for (const [text, value] of Object.entries(texts)) {
    it(`${text} is a ${typeof value}`, () => {
      assert.equal(exactNumber(text), value);
      assert.deepEqual(parseExactJson(`{"a":[${text}],"b":"${text}"}`), { a: [value], b: text });
    });
  }

  it("come back as they were written, wherever they stand", () => {
    for (let before = 0; before < 20; before++) {
      const text = `{"${"a".repeat(before)}":{"b":[1,-9223372036854775808,9007199254740993]},"__proto__":{"c":9007199254740993}}`;
      assert.equal(stringifyJson(parseExactJson(text)), text);
    }
    assert.equal(stringifyJson([9007199254740993n], 1), "[\n 9007199254740993\n]");
    assert.equal(JSON.stringify({ a: 2n ** 60n }, withDigits), '{"a":1152921504606846976}');
  });

  it("that numbers hold are numbers", () => assert.deepEqual([toInt64(5n), toInt64(2n ** 53n)], [5, 2n ** 53n]));

  it("do not hide what cannot be written", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    assert.throws(() => stringifyJson(cycle), /circular/);
  });
});
