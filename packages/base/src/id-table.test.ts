import assert from "node:assert/strict";
import { IdTable } from "./id-table.ts";
import { createPrng } from "./prng.ts";

describe("IdTable", () => {
  it("holds what a Map would, however many come and go", () => {
    const prng = createPrng(7);
    const table = new IdTable<{ readonly id: number }>();
    const expected = new Map<number, { readonly id: number }>();
    for (let step = 0; step < 20_000; step++) {
      const isFilling = step % 4000 < 2000;
      const id = prng.integer(2000) * 2 + 1 + (step > 10_000 ? 2 ** 40 : 0);
      const present = expected.get(id);
      assert.equal(table.get(id), present);
      if (present && !isFilling) {
        table.delete(present);
        expected.delete(id);
      } else if (!present && isFilling) {
        const item = { id };
        table.add(item);
        expected.set(id, item);
      }
      assert.equal(table.size, expected.size);
    }
    assert.deepEqual(new Set(table.all()), new Set(expected.values()));
    assert.ok(expected.size > 500);
  });

  it("does not mind when what is to go is not there", () => {
    const table = new IdTable<{ readonly id: number }>();
    table.add({ id: 1 });
    table.delete({ id: 1 });
    assert.equal(table.size, 1);
  });
});
