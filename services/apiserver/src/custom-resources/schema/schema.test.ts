import assert from "node:assert/strict";
import { FieldPath, fieldErrorMessage } from "@drydock/apimachinery";
import { validateSchema } from "../../resources/apiextensions/validate-schema.ts";
import { validateEmbedded } from "./embedded.ts";
import { hasFormat } from "./formats.ts";
import { validateListTypes } from "./list-types.ts";
import { prune } from "./prune.ts";
import { compileRules, validateRules } from "./rules.ts";
import { setDefaults } from "./set-defaults.ts";
import type { Structural } from "./structural.ts";
import { validateValue } from "./validate-value.ts";

const spec = (properties: Record<string, Structural>, more: Structural = {}): Structural => ({
  type: "object",
  properties: { spec: { type: "object", properties, ...more } },
});
const a = (field: Structural) => spec({ a: field });

describe("prune", () => {
  const cases: readonly (readonly [string, Structural, unknown, unknown, string[]])[] = [
    ["unknown fields", a({ type: "string" }), { spec: { a: "x", b: 1 }, c: 2 }, { spec: { a: "x" } }, ["c", "spec.b"]],
    [
      "not what every object has",
      a({ type: "string" }),
      { kind: "K", metadata: { x: 1 } },
      { kind: "K", metadata: { x: 1 } },
      [],
    ],
    [
      "not what is preserved",
      spec(
        { a: { type: "object", properties: { b: { type: "string" } } } },
        { "x-kubernetes-preserve-unknown-fields": true },
      ),
      { spec: { x: 1, a: { c: 1 } } },
      { spec: { x: 1, a: {} } },
      ["spec.a.c"],
    ],
    [
      "in maps and lists",
      a({ type: "object", additionalProperties: { type: "array", items: { type: "object", properties: {} } } }),
      { spec: { a: { k: [{ x: 1 }] } } },
      { spec: { a: { k: [{}] } } },
      ["spec.a.k[0].x"],
    ],
    [
      "not the type of an embedded object",
      a({ type: "object", "x-kubernetes-embedded-resource": true, properties: {} }),
      { spec: { a: { kind: "K", x: 1 } } },
      { spec: { a: { kind: "K" } } },
      ["spec.a.x"],
    ],
  ];
  for (const [name, schema, value, expected, removed] of cases)
    it(name, () => {
      assert.deepEqual(prune(value, schema, true), removed);
      assert.deepEqual(value, expected);
    });
});

describe("defaults", () => {
  const cases: readonly (readonly [string, Structural, unknown, unknown])[] = [
    ["fill what is missing", a({ type: "string", default: "x" }), { spec: {} }, { spec: { a: "x" } }],
    ["need their parent", a({ type: "string", default: "x" }), {}, {}],
    [
      "reach into defaults",
      {
        type: "object",
        properties: { spec: { type: "object", default: {}, properties: { a: { type: "integer", default: 1 } } } },
      },
      {},
      { spec: { a: 1 } },
    ],
    [
      "replace a null that may not be",
      a({ type: "string", default: "x" }),
      { spec: { a: null } },
      { spec: { a: "x" } },
    ],
    ["take a null away that may not be", a({ type: "string" }), { spec: { a: null } }, { spec: {} }],
    [
      "leave a null that may be",
      a({ type: "string", nullable: true, default: "x" }),
      { spec: { a: null } },
      { spec: { a: null } },
    ],
    [
      "are for items too",
      a({ type: "array", items: { type: "object", properties: { b: { type: "string", default: "x" } } } }),
      { spec: { a: [{}] } },
      { spec: { a: [{ b: "x" }] } },
    ],
  ];
  for (const [name, schema, value, expected] of cases)
    it(name, () => {
      setDefaults(value, schema);
      assert.deepEqual(value, expected);
    });
});

describe("values", () => {
  const cases: readonly (readonly [Structural, unknown, string])[] = [
    [{ type: "string" }, 1, 'spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"'],
    [{ type: "integer" }, 1.5, 'spec.a: Invalid value: "number": spec.a in body must be of type integer: "number"'],
    [{ type: "number" }, 1, ""],
    [{ type: "string" }, null, 'spec.a: Invalid value: "null": spec.a in body must be of type string: "null"'],
    [{ type: "string", nullable: true }, null, ""],
    [{ type: "string", maxLength: 2 }, "abc", "spec.a: Too long: may not be more than 2 bytes"],
    [
      { type: "string", minLength: 2 },
      "a",
      'spec.a: Invalid value: "a": spec.a in body should be at least 2 chars long',
    ],
    [{ type: "string", pattern: "^a$" }, "b", "spec.a: Invalid value: \"b\": spec.a in body should match '^a$'"],
    [{ type: "string", format: "date" }, "x", 'spec.a: Invalid value: "x": spec.a in body must be of type date: "x"'],
    [{ type: "string", enum: ["x"] }, "y", 'spec.a: Unsupported value: "y": supported values: "x"'],
    [
      { type: "integer", minimum: 1 },
      0,
      "spec.a: Invalid value: 0: spec.a in body should be greater than or equal to 1",
    ],
    [
      { type: "integer", maximum: 1, exclusiveMaximum: true },
      1,
      "spec.a: Invalid value: 1: spec.a in body should be less than 1",
    ],
    [{ type: "integer", multipleOf: 2 }, 3, "spec.a: Invalid value: 3: spec.a in body should be a multiple of 2"],
    [
      { type: "array", items: { type: "integer" }, maxItems: 1 },
      [1, 2],
      "spec.a: Too many: 2: must have at most 1 item",
    ],
    [
      { type: "array", items: { type: "integer" }, minItems: 1 },
      [],
      "spec.a: Invalid value: 0: spec.a in body should have at least 1 items",
    ],
    [
      { type: "array", items: { type: "integer" } },
      ["x"],
      'spec.a[0]: Invalid value: "string": spec.a[0] in body must be of type integer: "string"',
    ],
    [{ type: "object", required: ["b"], properties: { b: { type: "string" } } }, {}, "spec.a.b: Required value"],
    [
      { type: "object", maxProperties: 0, additionalProperties: { type: "string" } },
      { k: "v" },
      "spec.a: Too many: 1: must have at most 0 items",
    ],
    [{ "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] }, "50%", ""],
    [
      { type: "integer", not: { enum: [5] } },
      5,
      'spec.a: Invalid value: 5: "spec.a" must not validate the schema (not)',
    ],
    [
      { type: "integer", oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      'spec.a: Invalid value: 3: "spec.a" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
    [
      { type: "integer", anyOf: [{ minimum: 5 }] },
      3,
      'spec.a: Invalid value: 3: "spec.a" must validate at least one schema (anyOf)',
    ],
  ];
  for (const [schema, value, expected] of cases)
    it(`${JSON.stringify(value)} by ${JSON.stringify(schema)}`, () => {
      const [first] = validateValue({ spec: { a: value } }, a(schema));
      assert.equal(first ? fieldErrorMessage(first) : "", expected);
    });

  it("that were wrong before and have not changed are let be", () => {
    const schema = spec({ a: { type: "string", maxLength: 1 }, b: { type: "string", maxLength: 1 } });
    const errors = validateValue({ spec: { a: "long", b: "new" } }, schema, { spec: { a: "long", b: "x" } });
    assert.deepEqual(
      errors.map(({ field }) => field),
      ["spec.b"],
    );
  });

  it("of lists that are sets or maps are there once", () => {
    const set = a({ type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" });
    assert.deepEqual(validateListTypes({ spec: { a: ["x", "y", "x"] } }, set).map(fieldErrorMessage), [
      'spec.a[2]: Duplicate value: "x"',
    ]);
    const map = a({
      type: "array",
      items: { type: "object" },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
    });
    assert.deepEqual(
      validateListTypes(
        {
          spec: {
            a: [
              { k: 1, v: 1 },
              { k: 1, v: 2 },
            ],
          },
        },
        map,
      ).map(fieldErrorMessage),
      ['spec.a[1]: Duplicate value: {"k":1}'],
    );
  });

  it("that are whole objects say which", () => {
    const errors = validateEmbedded(
      { spec: { a: { apiVersion: "v1" } } },
      a({ type: "object", "x-kubernetes-embedded-resource": true }),
    );
    assert.deepEqual(errors.map(fieldErrorMessage), ["spec.a.kind: Required value: must not be empty"]);
  });
});

describe("formats", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["ipv4", "10.0.0.1", true],
    ["ipv4", "10.0.0.256", false],
    ["ipv6", "::1", true],
    ["ipv6", "1:2", false],
    ["cidr", "10.0.0.0/8", true],
    ["date-time", "2024-02-29T00:00:00Z", true],
    ["date", "2023-02-29", false],
    ["uuid", "123e4567-e89b-12d3-a456-426614174000", true],
    ["email", "a@b", true],
    ["hostname", "a.b", true],
    ["uri", "https://a", true],
    ["uri", "a b", false],
    ["byte", "aGk=", true],
    ["byte", "a", false],
    ["duration", "1h30m", true],
    ["duration", "soon", false],
    ["unknown", "whatever", true],
  ];
  for (const [format, text, expected] of cases)
    it(`${format} ${text}`, () => assert.equal(hasFormat(text, format), expected));
});

describe("rules", () => {
  const rule = (text: string, more = {}) => ({ rule: text, ...more });
  const judge = (schema: Structural, value: unknown, old?: unknown) => {
    const tree = compileRules(schema);
    assert.ok(tree);
    return validateRules(tree, value, old).map(fieldErrorMessage);
  };
  const limited = (...rules: object[]) =>
    spec(
      { n: { type: "integer" }, max: { type: "integer" } },
      { "x-kubernetes-validations": rules as Structural["x-kubernetes-validations"] },
    );

  it("refuse with their message, reason and path", () => {
    const schema = limited(
      rule("self.n <= self.max", { message: "too many", fieldPath: ".n", reason: "FieldValueForbidden" }),
    );
    assert.deepEqual(judge(schema, { spec: { n: 5, max: 3 } }), ["spec.n: Forbidden: too many"]);
    assert.deepEqual(judge(schema, { spec: { n: 1, max: 3 } }), []);
  });

  it("make their message", () => {
    const schema = limited(rule("self.n <= self.max", { messageExpression: "'%d of %d'.format([self.n, self.max])" }));
    assert.deepEqual(judge(schema, { spec: { n: 5, max: 3 } }), ["spec: Invalid value: 5 of 3"]);
  });

  it("without a message are told as they are, with the value where it is a scalar", () => {
    const schema = spec({ n: { type: "integer", "x-kubernetes-validations": [rule("self > 1")] } });
    assert.deepEqual(judge(schema, { spec: { n: 1 } }), ["spec.n: Invalid value: 1: failed rule: self > 1"]);
  });

  it("that speak of the old value judge updates", () => {
    const schema = limited(rule("self.n >= oldSelf.n"));
    assert.deepEqual(judge(schema, { spec: { n: 1 } }), []);
    assert.deepEqual(judge(schema, { spec: { n: 1 } }, { spec: { n: 2 } }), [
      "spec: Invalid value: failed rule: self.n >= oldSelf.n",
    ]);
    const optional = limited(rule("oldSelf.hasValue() || self.n == 0", { optionalOldSelf: true }));
    assert.deepEqual(judge(optional, { spec: { n: 1 } }).length, 1);
    assert.deepEqual(judge(optional, { spec: { n: 1 } }, { spec: { n: 2 } }), []);
  });

  it("let be what was wrong before and has not changed", () => {
    const schema = limited(rule("self.n <= self.max"));
    const wrong = { spec: { n: 5, max: 3 } };
    assert.deepEqual(judge(schema, { ...wrong, kind: "K" }, wrong), []);
    assert.equal(judge(schema, { spec: { n: 6, max: 3 } }, wrong).length, 1);
  });

  it("see the names of the object", () => {
    const schema: Structural = {
      type: "object",
      "x-kubernetes-validations": [rule("self.metadata.name.startsWith('a')")],
    };
    assert.deepEqual(judge(schema, { metadata: { name: "b" } }), [
      "[]: Invalid value: failed rule: self.metadata.name.startsWith('a')",
    ]);
  });

  it("are not asked about texts that are not of their format", () => {
    const schema = spec({
      t: { type: "string", format: "duration", "x-kubernetes-validations": [rule("self > duration('1s')")] },
    });
    assert.deepEqual(judge(schema, { spec: { t: "never" } }), []);
    assert.equal(judge(schema, { spec: { t: "1ms" } }).length, 1);
  });

  it("say what went wrong when they ran", () => {
    const schema = limited(rule("1 / self.n == 1"));
    assert.deepEqual(judge(schema, { spec: { n: 0 } }), [
      "spec: Invalid value: error when executing the rule: 1 / self.n == 1: division by zero",
    ]);
  });
});

describe("a schema", () => {
  const cases: readonly (readonly [string, Structural, string])[] = [
    ["needs a type", {}, "s.type: Required value: must not be empty at the root"],
    [
      "is of an object",
      { type: "array", items: { type: "string" } },
      's.type: Invalid value: "array": must be object at the root',
    ],
    [
      "types its fields",
      a({}),
      "s.properties[spec].properties[a].type: Required value: must not be empty for specified object fields",
    ],
    [
      "types its items",
      a({ type: "array" }),
      "s.properties[spec].properties[a].items: Required value: must be specified",
    ],
    [
      "has no unique items",
      a({ type: "array", uniqueItems: true, items: { type: "string" } }),
      "s.properties[spec].properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    ],
    [
      "keeps structure out of alternatives",
      a({ type: "string", anyOf: [{ type: "string" }] }),
      "s.properties[spec].properties[a].anyOf[0].type: Forbidden: must be empty to be structural",
    ],
    [
      "has defaults that fit",
      a({ type: "string", default: 1 }),
      's.properties[spec].properties[a].default: Invalid value: "integer":  in body must be of type string: "integer"',
    ],
    [
      "has no nulls in its sets",
      a({ type: "array", "x-kubernetes-list-type": "set", items: { type: "string", nullable: true } }),
      "s.properties[spec].properties[a].items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set",
    ],
    [
      "names the keys of its maps",
      a({ type: "array", "x-kubernetes-list-type": "map", items: { type: "object" } }),
      "s.properties[spec].properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map",
    ],
    [
      "has patterns that compile",
      a({ type: "string", pattern: "(" }),
      's.properties[spec].properties[a].pattern: Invalid value: "(": must be a valid regular expression',
    ],
    ["is fine", a({ type: "string", maxLength: 3 }), ""],
  ];
  for (const [name, schema, expected] of cases)
    it(name, () => {
      const [first] = validateSchema(schema, FieldPath.of("s"));
      assert.equal(first ? fieldErrorMessage(first) : "", expected);
    });

  it("has rules that do not cost too much, unless it is stored so already", () => {
    const rules = (rule: string) => [{ rule }];
    const words = { type: "array", items: { type: "string" } } as const;
    const heavy: Structural = {
      type: "object",
      properties: { spec: { ...words, "x-kubernetes-validations": rules("self.all(x, self.exists(y, x == y))") } },
    };
    const hint =
      "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
    const at = "s.properties[spec].x-kubernetes-validations[0].rule";
    const total = [
      `${at}: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
      `s: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x ${hint}`,
    ];
    assert.deepEqual(validateSchema(heavy, FieldPath.of("s")).map(fieldErrorMessage), [
      `${at}: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${hint}`,
      ...total,
    ]);
    assert.deepEqual(validateSchema(heavy, FieldPath.of("s"), heavy).map(fieldErrorMessage), total);
    const nested: Structural = {
      type: "object",
      properties: {
        spec: {
          type: "array",
          maxItems: 10,
          items: { ...words, "x-kubernetes-validations": rules("self.all(x, x == 'a')") },
        },
      },
    };
    const [first] = validateSchema(nested, FieldPath.of("s"));
    assert.match(fieldErrorMessage(first!), /estimated rule cost exceeds budget by factor of 5\.2x/);
  });

  it("has rules that compile to a truth value", () => {
    const errors = validateSchema(
      a({ type: "string", "x-kubernetes-validations": [{ rule: "self.size()" }, { rule: "self.nothing" }] }),
      FieldPath.of("s"),
    );
    assert.match(
      fieldErrorMessage(errors[0]!),
      /validations\[0\]\.rule: Invalid value: .*: cel expression must evaluate to a bool$/,
    );
    assert.match(
      fieldErrorMessage(errors[1]!),
      /compilation failed: ERROR: <input>:1:5: type 'string' does not support field selection/,
    );
  });
});
