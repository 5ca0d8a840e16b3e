import assert from "node:assert/strict";
import { toldName } from "./told-name.ts";

describe("toldName", () => {
  it("is the name, or what the name is made of", () => {
    assert.equal(toldName({ name: "web", generateName: "w-" }), "web");
    assert.equal(toldName({ name: "", generateName: "w-" }), "w-");
    assert.equal(toldName({}), "Unknown");
  });
});
