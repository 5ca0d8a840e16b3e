import assert from "node:assert/strict";
import { parseYaml } from "./parse-yaml.ts";

describe("parseYaml", () => {
  it("refuses what would never end, in Go's words", () => {
    for (const text of ["a: &a [*a, *a]\nb: *a\n", "&x {a: {b: *x}}", "a: &a\n  b: [1, *a]\n"])
      assert.throws(() => parseYaml(text), /^StatusError: yaml: anchor '[ax]' value contains itself$/);
  });

  it("reads anchors that end, and not those that multiply without measure", () => {
    assert.deepEqual(parseYaml("a: &a [1]\nb: [*a, *a]\n").value, { a: [1], b: [[1], [1]] });
    const level = (name: string, below: string) => `${name}: &${name} [${Array(9).fill(`*${below}`).join(", ")}]\n`;
    assert.throws(() => parseYaml(`a: &a [x]\n${level("b", "a")}${level("c", "b")}${level("d", "c")}`), /alias/);
  });

  const words: Readonly<Record<string, unknown>> = {
    yes: true,
    Off: false,
    N: false,
    "~": null,
    "": null,
    "1_000": 1000,
    "0b11": 3,
    "-0b101": -5,
    "017": 15,
    "0o17": 15,
    "0x1F": 31,
    "08": 8,
    "0o8": "0o8",
    "0x": "0x",
    "1e": "1e",
    "1:30": "1:30",
    "2001-01-01": "2001-01-01",
    "'017'": "017",
    ".5": 0.5,
    "+1": 1,
    "1.": 1,
    "1e3": 1000,
    "685_230.15": 685230.15,
    "9007199254740993": 9007199254740993n,
    "0x20000000000001": 9007199254740993n,
    "18446744073709551615": 2 ** 64,
    "!!str 5": "5",
    "!!int '5'": 5,
    "!!float 3": 3,
    "!!bool yes": true,
    "!!timestamp 2001-01-01": "2001-01-01",
    "!!binary aGk=": "hi",
  };
  for (const [word, value] of Object.entries(words))
    it(`reads ${JSON.stringify(word)} as upstream does`, () =>
      assert.deepEqual(parseYaml(`a: ${word}\n`).value, { a: value }));

  it("names fields by what their words are, and merges", () => {
    assert.deepEqual(parseYaml("y: 1\n0x10: 2\n1.5: 3\n").value, { true: 1, 16: 2, 1.5: 3 });
    assert.deepEqual(parseYaml("a: &a {k: 1, l: 2}\nb: {<<: *a, l: 3}\n").value, {
      a: { k: 1, l: 2 },
      b: { k: 1, l: 3 },
    });
    assert.throws(() => parseYaml("a: .inf\n"), /json: unsupported value: \+Inf/);
  });
});
