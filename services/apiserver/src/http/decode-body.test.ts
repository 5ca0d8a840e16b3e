import assert from "node:assert/strict";
import { parseYaml } from "./decode-body.ts";

describe("parseYaml", () => {
  it("refuses what would never end, in Go's words", () => {
    for (const text of ["a: &a [*a, *a]\nb: *a\n", "&x {a: {b: *x}}", "a: &a\n  b: [1, *a]\n"])
      assert.throws(
        () => parseYaml(text),
        /^StatusError: error converting YAML to JSON: yaml: anchor '[ax]' value contains itself$/,
      );
  });

  it("reads anchors that end, and not those that multiply without measure", () => {
    assert.deepEqual(parseYaml("a: &a [1]\nb: [*a, *a]\n").value, { a: [1], b: [[1], [1]] });
    const level = (name: string, below: string) => `${name}: &${name} [${Array(9).fill(`*${below}`).join(", ")}]\n`;
    assert.throws(() => parseYaml(`a: &a [x]\n${level("b", "a")}${level("c", "b")}${level("d", "c")}`), /alias/);
  });
});
