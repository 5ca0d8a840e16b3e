import assert from "node:assert/strict";
import { canonicalQuantity, canonicalResourceQuantity, parseQuantity, tryParseQuantity } from "./quantity.ts";

describe("quantity", () => {
  for (const [text, canonical] of [
    ["0", "0"],
    ["100m", "100m"],
    ["1000m", "1"],
    ["1.5", "1500m"],
    ["0.1", "100m"],
    ["1024Mi", "1Gi"],
    ["1.5Gi", "1536Mi"],
    ["512", "512"],
    ["1000", "1k"],
    ["1500k", "1500k"],
    ["2e3", "2e3"],
    ["1E", "1E"],
    ["-200m", "-200m"],
    [".5", "500m"],
    ["5.", "5"],
    ["0.5Ki", "512"],
    ["1n", "1n"],
    ["0.1n", "1n"],
  ] as const) {
    it(`${text} is ${canonical}`, () => assert.equal(parseQuantity(text).toString(), canonical));
  }

  /** What Go's JSON writes of a quantity it has read. */
  for (const [text, stored] of [
    ["0.5", "500m"],
    ["1000m", "1"],
    ["2000", "2k"],
    ["1024Mi", "1Gi"],
    ["0.1Gi", "107374182400m"],
    ["9.016P", "9.016P"],
    ["37066Ki", "37066Ki"],
    ["60E2", "6e3"],
    ["1e3", "1e3"],
    ["+1", "+1"],
    ["007Gi", "007Gi"],
    ["01.500", "01.500"],
    ["0.500", "500m"],
    ["000Mi", "0"],
    ["012345678901234567890", "12345678901234567890"],
    ["1e20", "100e18"],
    ["1e65", "100e63"],
    ["12e64", "120e63"],
    ["100E", "100E"],
    ["7Ei", "7Ei"],
    ["8Ei", "9223372036854775807"],
    ["-8Ei", "-9223372036854775807"],
    ["9223372036854775807Ki", "9223372036854775807"],
  ] as const) {
    it(`${text} is stored as ${stored}`, () => assert.equal(canonicalQuantity(text), stored));
  }

  for (const [text, stored] of [
    ["1n", "1m"],
    ["1500u", "2m"],
    ["0.0015", "2m"],
    ["1e-9", "1e-3"],
    ["1500m", "1500m"],
    ["1.500", "1.500"],
    ["-1500u", "-2m"],
  ] as const) {
    it(`${text} of a resource is stored as ${stored}`, () => assert.equal(canonicalResourceQuantity(text), stored));
  }

  for (const bad of ["", "x", "1.2.3", "1 Gi", "1Kii", "m", "--1", "1gi"]) {
    it(`refuses ${JSON.stringify(bad)}`, () => assert.equal(tryParseQuantity(bad), undefined));
  }

  it("computes exactly", () => {
    assert.equal(parseQuantity("100m").add(parseQuantity("1")).toString(), "1100m");
    assert.equal(parseQuantity("1Gi").sub(parseQuantity("1Mi")).toString(), "1023Mi");
    assert.equal(parseQuantity("1Gi").compare(parseQuantity("1G")), 1);
    assert.equal(parseQuantity("1.0001").milliValue(), 1001);
    assert.equal(parseQuantity("2500m").value(), 3n);
    assert.equal(parseQuantity("1Gi").toNumber(), 2 ** 30);
  });
});
