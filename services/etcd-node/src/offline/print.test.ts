import assert from "node:assert/strict";
import { renderRow, renderSize } from "./print.ts";

const row = [
  { title: "hash", text: "137eb1fd", field: "hash", value: 0x137eb1fd },
  { title: "total keys", text: "20", field: "totalKey", value: 20 },
];

describe("offline results", () => {
  it("look as etcdctl's do", () => {
    assert.equal(renderRow(row, "simple"), "137eb1fd, 20");
    assert.equal(renderRow(row, "json"), '{"hash":327070205,"totalKey":20}');
    const table = [
      "+----------+------------+",
      "|   HASH   | TOTAL KEYS |",
      "+----------+------------+",
      "| 137eb1fd |         20 |",
      "+----------+------------+",
    ];
    assert.equal(renderRow(row, "table"), table.join("\n"));
  });

  for (const [bytes, text] of [
    [9, "9 B"],
    [999, "999 B"],
    [20_480, "20 kB"],
    [131_072, "131 kB"],
    [2_101_248, "2.1 MB"],
  ] as const)
    it(`tell ${bytes} bytes as ${text}`, () => assert.equal(renderSize(bytes), text));
});
