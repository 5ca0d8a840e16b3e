import assert from "node:assert/strict";
import { keyPaths } from "./key-paths.ts";

describe("keyPaths", () => {
  for (const [text, expected] of [
    ["{}", []],
    ['["a", {"b": 1}]', ["[1].b"]],
    ['{"a": "b", "c": {"d": ["x", "y"], "e": null}, "a": 2}', ["a", "c", "c.d", "c.e", "a"]],
    [
      '{"spec": {"list": [{"x": 1}, [], {"x": {}, "y": "{\\"no\\": 1}"}]}}',
      ["spec", "spec.list", "spec.list[0].x", "spec.list[2].x", "spec.list[2].y"],
    ],
    ['{"a\\"b": [true, 2, "c"]}', ['a"b']],
  ] as const) {
    it(`of ${text}`, () => assert.deepEqual(keyPaths(text), expected));
  }
});
