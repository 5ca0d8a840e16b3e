import assert from "node:assert/strict";
import { parseByteRanges } from "./byte-ranges.ts";

describe("ranges of a document of 100 octets", () => {
  for (const [header, expected] of [
    ["", ""],
    ["bytes=0-9", "0-9"],
    ["bytes=10-", "10-99"],
    ["bytes=-5", "95-99"],
    ["bytes=-500", "0-99"],
    ["bytes=90-200", "90-99"],
    ["bytes=0-1, 4-5", "0-1 4-5"],
    ["bytes=0-1,200-", "0-1"],
    ["bytes=0-99,0-99", ""],
    ["bytes=100-", "beyond"],
    ["bytes=5-2", "invalid"],
    ["bytes=-", "invalid"],
    ["bytes=a-b", "invalid"],
    ["lines=0-1", "invalid"],
  ] as const)
    it(`${header} → ${expected}`, () => {
      const parsed = parseByteRanges(header, 100);
      const text =
        "problem" in parsed ? parsed.problem : parsed.ranges.map(({ first, last }) => `${first}-${last}`).join(" ");
      assert.equal(text, expected);
    });
});
