import assert from "node:assert/strict";
import { labelSelectorFromObject, parseLabelSelector } from "./label-selector.ts";
import { StatusError } from "./status-error.ts";

describe("parseLabelSelector", () => {
  const labels = { app: "web", tier: "front", n: "5" };
  const table: [string, boolean][] = [
    ["", true],
    ["app=web", true],
    ["app==web,tier=front", true],
    ["app=db", false],
    ["app!=db", true],
    ["missing!=x", true],
    ["app in (db, web)", true],
    ["app notin (db,web)", false],
    ["missing notin (a)", true],
    ["app", true],
    ["!app", false],
    ["!missing , app", true],
    ["n>4,n<6", true],
    ["n>5", false],
    ["app=", false],
  ];
  for (const [text, expected] of table) {
    it(`${JSON.stringify(text)} ${expected ? "matches" : "does not match"}`, () => {
      assert.equal(parseLabelSelector(text).matches(labels), expected);
    });
  }

  for (const [text, message] of [
    ["app=web,", "found '', expected: identifier after ','"],
    ["app=web=b", "found '=', expected: ',' or 'end of string'"],
    [",app", "found ',', expected: !, identifier, or 'end of string'"],
    ["app in web", "unable to parse requirement: found 'web', expected: '('"],
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    [
      "n>x",
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseLabelSelector(text), { name: "StatusError", message });
    });
  }

  it("answers 400 for a bad key", () => {
    assert.throws(
      () => parseLabelSelector("-a=b"),
      (error) => error instanceof StatusError && error.code === 400,
    );
  });
});

describe("labelSelectorFromObject", () => {
  it("tells absent (nothing) from empty (everything)", () => {
    assert.equal(labelSelectorFromObject(undefined).matches({ a: "b" }), false);
    assert.equal(labelSelectorFromObject({}).matches({ a: "b" }), true);
  });

  it("combines labels and expressions, and prints them sorted", () => {
    const selector = labelSelectorFromObject({
      matchLabels: { tier: "front" },
      matchExpressions: [
        { key: "app", operator: "In", values: ["web", "api"] },
        { key: "gone", operator: "DoesNotExist" },
      ],
    });
    assert.equal(selector.matches({ tier: "front", app: "api" }), true);
    assert.equal(selector.matches({ tier: "front", app: "api", gone: "" }), false);
    assert.equal(selector.toString(), "app in (api,web),!gone,tier=front");
  });
});
