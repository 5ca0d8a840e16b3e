import assert from "node:assert/strict";
import { parseJson } from "./parse-json.ts";

describe("parseJson", () => {
  it("agrees with the built-in parser", () => {
    const text = ' {"a": [1, -2.5e3, true, false, null, "\\u00e9\\n\\"x\\""], "b": {}, "c": [], "é": "日本"} ';
    const { value, duplicates } = parseJson(text);
    assert.deepEqual({ value, duplicates }, { value: JSON.parse(text), duplicates: [] });
  });

  it("keeps the texts of numbers that are written otherwise than they would be", () => {
    const { numbers } = parseJson(
      '{"a": [1, 3.0, 2.5], "b": {"c": 1e3, "d": 9223372036854775808, "e": 9007199254740993}}',
    );
    assert.deepEqual(
      [...numbers],
      [
        ["a[1]", "3.0"],
        ["b.c", "1e3"],
        ["b.d", "9223372036854775808"],
      ],
    );
  });

  it("names duplicate fields by path; the last wins", () => {
    const { value, duplicates } = parseJson('{"a":1,"spec":{"c":[{"x":1,"x":2}],"y":1,"y":2},"a":3}');
    assert.deepEqual(duplicates, ["spec.c[0].x", "spec.y", "a"]);
    assert.deepEqual(value, { a: 3, spec: { c: [{ x: 2 }], y: 2 } });
  });

  for (const [text, message] of [
    ["", "unexpected end of JSON input"],
    ['{"a":', "unexpected end of JSON input"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["nul", "unexpected end of JSON input"],
    ["nope", "invalid character 'o' in literal null (expecting 'u')"],
    ["xyz", "invalid character 'x' looking for beginning of value"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseJson(text), { message }));
  }
});
