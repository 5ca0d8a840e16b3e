import assert from "node:assert/strict";
import { parseFieldSelector } from "./field-selector.ts";

describe("parseFieldSelector", () => {
  const fields: Record<string, string> = { "metadata.name": "a,b", "status.phase": "Running" };
  const get = (path: string) => fields[path] ?? "";
  for (const [text, expected] of [
    ["", true],
    ["status.phase=Running", true],
    ["status.phase==Running,status.phase!=Failed", true],
    ["status.phase!=Running", false],
    ["metadata.name=a\\,b", true],
    ["spec.nodeName=", true],
  ] as const) {
    it(`${text} → ${expected}`, () => assert.equal(parseFieldSelector(text).matches(get), expected));
  }

  it("keeps requirements in order and prints itself back", () => {
    const selector = parseFieldSelector("a=b,c!=d\\,e");
    assert.deepEqual(selector.requirements, [
      { path: "a", operator: "=", value: "b" },
      { path: "c", operator: "!=", value: "d,e" },
    ]);
    assert.equal(selector.toString(), "a=b,c!=d\\,e");
  });

  it("refuses text without an operator", () => {
    assert.throws(() => parseFieldSelector("nonsense"), {
      message: "invalid selector: 'nonsense'; can't understand 'nonsense'",
    });
  });
});
