import assert from "node:assert/strict";
import { fieldErrorMessage, type Int64 } from "@drydock/apimachinery";
import type { Structural } from "./structural.ts";
import { validateValue } from "./validate-value.ts";

const far = '<nil>: Invalid value: "": Checked value must be of type integer';

describe("a number, by its schema", () => {
  const cases: readonly (readonly [Structural, unknown, ...string[]])[] = [
    [{ type: "integer" }, 2n ** 63n - 1n],
    [
      { type: "integer" },
      4.5,
      'a: Invalid value: "number": a in body must be of type integer: "number"',
      `${far} (default format) in a`,
    ],
    [
      { type: "integer", format: "int64" },
      2 ** 63,
      'a: Invalid value: "float64": a in body must be of type int64: "float64"',
      `${far} with format int64 in a`,
    ],
    [{ type: "integer", format: "int32" }, 2 ** 31, `${far} with format int32 in a`],
    [
      { type: "integer", maximum: (2n ** 53n) as Int64 },
      2n ** 53n + 1n,
      "a: Invalid value: 9007199254740993: a in body should be less than or equal to 9007199254740992",
    ],
    [
      { type: "number", maximum: 10_000_000 },
      1e20,
      "a: Invalid value: 1e+20: a in body should be less than or equal to 1e+07",
    ],
    [{ type: "integer", multipleOf: 3 }, 2n ** 53n + 1n],
    [
      { type: "integer", multipleOf: 3 },
      2n ** 53n + 2n,
      "a: Invalid value: 9007199254740994: a in body should be a multiple of 3",
    ],
    [
      { type: "number", multipleOf: 0.5 },
      1,
      "a: Invalid value: 0: factor MultipleOf declared for a must be positive: 0",
    ],
    [{ type: "number", minimum: 1.5 }, 1],
    [
      { type: "number", format: "float" },
      1e39,
      '<nil>: Invalid value: "": Checked value must be of type number with format float in a',
    ],
    [
      { type: "integer", enum: [1], minimum: 9, maximum: 2, multipleOf: 7 },
      5,
      "a: Invalid value: 5: a in body should be a multiple of 7",
      "a: Invalid value: 5: a in body should be greater than or equal to 9",
      "a: Invalid value: 5: a in body should be less than or equal to 2",
      'a: Unsupported value: 5: supported values: "1"',
    ],
    [{ type: "string", format: "date" }, 5, 'a: Invalid value: "int64": a in body must be of type date: "int64"'],
    [{ type: "string", format: "date" }, true, 'a: Invalid value: "": a in body must be of type date: ""'],
    [{ type: "string", format: "date" }, [5]],
    [
      { type: "string", format: "nobody-knows" },
      5,
      'a: Invalid value: "integer": a in body must be of type string: "integer"',
    ],
  ];
  for (const [schema, value, ...errors] of cases)
    it(`${String(value)} ${errors.length === 0 ? "fits" : "does not fit"} ${Object.values(schema).join(" ")}`, () => {
      const found = validateValue({ a: value }, { type: "object", properties: { a: schema } });
      assert.deepEqual(found.map(fieldErrorMessage), errors);
    });
});
