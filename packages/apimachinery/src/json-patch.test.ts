import assert from "node:assert/strict";
import { applyJsonPatch, type JsonPatchOperation, numbersAfterPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { parseJson } from "./parse-json.ts";
import { StatusError } from "./status-error.ts";

describe("applyJsonPatch", () => {
  const document = { a: { b: [1, 2] }, "x/y": 1 };
  for (const [operations, result] of [
    [[{ op: "add", path: "/a/b/-", value: 3 }], { a: { b: [1, 2, 3] }, "x/y": 1 }],
    [[{ op: "add", path: "/a/b/0", value: 0 }], { a: { b: [0, 1, 2] }, "x/y": 1 }],
    [[{ op: "remove", path: "/x~1y" }], { a: { b: [1, 2] } }],
    [[{ op: "replace", path: "/a", value: null }], { a: null, "x/y": 1 }],
    [[{ op: "move", from: "/a/b", path: "/c" }], { a: {}, c: [1, 2], "x/y": 1 }],
    [[{ op: "copy", from: "/a/b/0", path: "/c" }], { a: { b: [1, 2] }, c: 1, "x/y": 1 }],
    [[{ op: "test", path: "/a/b/1", value: 2 }], document],
    [[{ op: "replace", path: "", value: { z: 1 } }], { z: 1 }],
  ] as const) {
    it(JSON.stringify(operations), () => {
      assert.deepEqual(applyJsonPatch<unknown>(document, operations), result);
      assert.deepEqual(document, { a: { b: [1, 2] }, "x/y": 1 });
    });
  }

  for (const [operations, code, message] of [
    [{ op: "add" }, 400, /cannot unmarshal/],
    [[{ op: "remove", path: "/nope" }], 422, /nonexistent key: nope/],
    [[{ op: "replace", path: "/a/b/7", value: 1 }], 422, /doc is missing key: \/a\/b\/7/],
    [[{ op: "test", path: "/a/b/0", value: 9 }], 422, "testing value /a/b/0 failed: test failed"],
    [[{ op: "add", path: "/a/b/9", value: 9 }], 422, /invalid index/],
    [[{ op: "jump", path: "/a" }], 422, /Unexpected kind: jump/],
  ] as const) {
    it(`refuses ${JSON.stringify(operations)}`, () => {
      assert.throws(
        () => applyJsonPatch(document, operations),
        (error) => {
          assert.ok(error instanceof StatusError);
          assert.equal(error.code, code);
          if (typeof message === "string") assert.equal(error.message, message);
          else assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it("sets fields that are not there, as upstream's library does", () => {
    const patched = applyJsonPatch<unknown>({ a: {} }, [
      { op: "replace", path: "/a/new", value: 1 },
      { op: "copy", from: "/a/nope", path: "/b" },
    ]);
    assert.deepEqual(patched, { a: { new: 1 }, b: null });
  });

  it("compares numbers as they are written, and knows where they went", () => {
    const { value, numbers } = parseJson(
      '[{"op":"add","path":"/a/b/-","value":{"c":3.0}},{"op":"add","path":"/d","value":1e2}]',
    );
    const patched = applyJsonPatch<unknown>({ a: { b: [0] } }, value, numbers);
    assert.deepEqual(
      [...numbersAfterPatch(patched, value as JsonPatchOperation[], numbers)],
      [
        ["a.b[1].c", "3.0"],
        ["d", "1e2"],
      ],
    );
    const test = parseJson('[{"op":"test","path":"/a","value":10.0}]');
    assert.throws(() => applyJsonPatch({ a: 10 }, test.value, test.numbers), /test failed/);
  });

  it("does not reach the prototype", () => {
    const patched = applyJsonPatch({ a: {} }, [{ op: "add", path: "/__proto__", value: { polluted: true } }]);
    assert.equal(Object.hasOwn(patched, "__proto__"), true);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });
});

describe("applyMergePatch", () => {
  it("merges, removes and replaces", () => {
    const document = { a: { b: 1, c: [1, 2] }, d: 1 };
    assert.deepEqual(applyMergePatch<unknown>(document, { a: { b: null, c: [3] }, e: { f: null, g: 1 } }), {
      a: { c: [3] },
      d: 1,
      e: { g: 1 },
    });
  });
});
