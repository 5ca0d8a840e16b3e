import assert from "node:assert/strict";
import { estimateCel } from "../compile.ts";
import { declaredSize, type SizedSchema } from "../schema/declared-size.ts";
import { schemaType } from "../schema/schema-type.ts";

const text: SizedSchema = { type: "string" };
const schema: SizedSchema = {
  type: "object",
  properties: {
    text,
    short: { type: "string", maxLength: 10 },
    word: { type: "string", enum: ["abc", "de"] },
    number: { type: "integer" },
    list: { type: "array", items: text },
    few: { type: "array", maxItems: 20, items: { type: "string", maxLength: 30 } },
    map: { type: "object", maxProperties: 50, additionalProperties: { type: "string", maxLength: 50 } },
    things: { type: "array", items: { type: "object", required: ["name"], properties: { name: text } } },
  },
};

function costOf(expression: string): number | string {
  const self = schemaType(schema, "selfType");
  const size = declaredSize(schema);
  assert.ok(size);
  const estimated = estimateCel(expression, { variables: { self, oldSelf: self } }, size);
  return estimated.ok ? estimated.costMax : estimated.error;
}

describe("the most that an expression may cost", () => {
  // Each is refused by upstream's server for the factor that follows from its number.
  const cases: readonly (readonly [expression: string, cost: number])[] = [
    ["true", 0],
    ["self.number > 3", 3],
    ["self.text == 'x'", 3],
    ["self.word == self.word", 5],
    ["self.text.contains('abc')", 314_575],
    ["self.text.startsWith(self.short)", 8],
    ["has(self.text)", 1],
    ["self.list.all(x, x == 'a')", 5_242_878],
    ["self.few.all(x, self.few.exists(y, x == y))", 7_323],
    ["self.few.map(x, x + 'a').exists(y, y == 'ba')", 634],
    ["self.list.all(x, x in ['a', 'b', 'c'])", 17_825_778],
    ["self.map.all(k, self.map[k].contains('x'))", 1_353],
    ["self.things.all(x, x.name == 'a')", 1_451_871],
    ["self.few.join(',').split(',').all(x, x == 'a')", 10_405],
  ];
  for (const [expression, cost] of cases)
    it(expression, () => {
      assert.equal(costOf(expression), cost);
    });

  it("stays within 64 bits", () => {
    assert.equal(costOf("self.list.all(a, self.list.all(b, self.list.all(c, self.list.all(d, a == d))))"), 2 ** 64);
  });
});
