import assert from "node:assert/strict";
import { compileCel, type Program } from "./compile.ts";
import { perCallCostLimit } from "./evaluate/meter.ts";
import { AuthorizerValue, authorizerType, resourceType } from "./functions/authorizer.ts";
import { runExpression as run } from "./run-expression.ts";
import { adaptJson } from "./schema/adapt.ts";
import type { CelSchema } from "./schema/schema.ts";
import { schemaType } from "./schema/schema-type.ts";
import { dyn } from "./types/cel-type.ts";
import { isEqual } from "./values/equality.ts";
import { toJson } from "./values/json.ts";
import { LazyObject } from "./values/map-value.ts";
import { mismatchedObjectName } from "./values/object-paths.ts";
import { EvaluationError, type MapValue, type Value } from "./values/value.ts";

const failures: readonly (readonly [string, { compile?: string; error?: string }])[] = [
  ["1 / 0", { error: "division by zero" }],
  ["9223372036854775807 + 1", { error: "integer overflow" }],
  ["0u - 1u", { error: "unsigned integer overflow" }],
  ["x.a", { error: "no such overload" }],
  ["{'a': 1}.b", { error: "no such key: b" }],
  ["[1][3]", { error: "index out of bounds: 3" }],
  ["optional.none().value()", { error: "optional.none() dereference" }],
  ["dyn('a') + 1", { error: "no such overload" }],
  ["[0, 1].exists(i, 1 / i == 5)", { error: "division by zero" }],
  ["dyn([]).min()", { error: "min called on empty list" }],
  ["'abc'.charAt(5)", { error: "index out of range: 5" }],
  ["y", { compile: "1:1: undeclared reference to 'y' (in container '')" }],
  ["1 + 'a'", { compile: "1:3: found no matching overload for '_+_' applied to '(int, string)'" }],
  ["'a'.size(1)", { compile: "1:9: found no matching overload for 'size' applied to 'string.(int)'" }],
  ["1 == 'a'", { compile: "1:3: found no matching overload for '_==_' applied to '(int, string)'" }],
  ["[1, 'a']", { compile: "1:5: expected type 'int' but found 'string'" }],
  [
    "'a'.all(i, true)",
    { compile: "1:1: expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)" },
  ],
  ["nothing(1)", { compile: "1:8: undeclared reference to 'nothing' (in container '')" }],
  ["(1", { compile: "1:3: Syntax error: missing ')' at '<EOF>'" }],
  ["1)", { compile: "1:2: Syntax error: extraneous input ')' expecting <EOF>" }],
  ["[1", { compile: "1:3: Syntax error: mismatched input '<EOF>' expecting {']', ','}" }],
  ["{'a' 1}", { compile: "1:6: Syntax error: missing ':' at '1'" }],
  ["a..b", { compile: "1:3: Syntax error: no viable alternative at input '..'" }],
  ["'a' && true", { compile: "1:1: expected type 'bool' but found 'string'" }],
  ["'a'.matches('(')", { compile: "1:13: invalid matches argument" }],
  ["timestamp('x') == timestamp('x')", { compile: "1:11: invalid timestamp argument" }],
  [
    "['a'].filter(i, i) == []",
    { compile: "1:13: found no matching overload for '_?_:_' applied to '(string, list(string), list(string))'" },
  ],
  [
    "1 +",
    {
      compile:
        "1:4: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    },
  ],
  ["for", { compile: "1:1: reserved identifier: for" }],
  ["'open", { compile: "1:1: Syntax error: token recognition error at: ''open'" }],
  ["Other{}", { compile: "1:6: undeclared reference to 'Other' (in container '')" }],
];

describe("cel: what goes wrong", () => {
  for (const [expression, expected] of failures) it(expression, () => assert.deepEqual(run(expression), expected));
});

describe("cel: objects", () => {
  it("constructs objects and JSON patches", () => {
    const result = run("Object{spec: Object.spec{replicas: 1, ?none: optional.none(), labels: {'a': 'b'}}}");
    assert.deepEqual(toJson(result.value ?? null, "text"), { spec: { replicas: 1, labels: { a: "b" } } });
    const patch = run(
      "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: Object.spec{}}]",
    );
    assert.deepEqual(toJson(patch.value ?? null, "text"), [{ op: "add", path: "/metadata/labels/a~1b", value: {} }]);
  });

  it("knows the types of what it constructs", () => {
    assert.equal(
      run("JSONPatch{op: 1}").compile,
      "1:13: expected type of field 'op' is 'string' but provided type is 'int'",
    );
    assert.equal(run("JSONPatch{verb: 'add'}").compile, "1:15: undefined field 'verb'");
    assert.equal(run("Thing{}").compile, "1:6: undeclared reference to 'Thing' (in container '')");
    assert.equal(run("Object.spec{replicas: 1}.replicas + 1").value, 2n);
    assert.equal(run("Object{spec: Object.spec{a: 1}} == Object{spec: Object.spec{a: 1}}").value, true);
  });

  it("tells objects whose names are not the paths to them", () => {
    const named = (text: string) => mismatchedObjectName(run(text).value as Value);
    assert.equal(
      named("Object{spec: Object.spec{list: [Object.spec.list{a: 1}], map: {'k': Object.spec.map{}}}}"),
      undefined,
    );
    assert.equal(
      named("Object{spec: Object.spec{selector: Object.spec.wrong{}}}"),
      'unexpected type name "Object.spec.wrong", expected "Object.spec.selector", which matches field name path from root Object type',
    );
  });

  it("waits for an authorizer that a variable asks", async () => {
    const authorizer = { kind: "opaque", name: authorizerType } as const;
    const inner = compileCel("authorizer.path('/x').check('get').allowed()", { variables: { authorizer } });
    const outer = compileCel("variables.may && variables.may", { variables: { variables: dyn } });
    assert.ok(inner.ok && outer.ok);
    let questions = 0;
    const value = AuthorizerValue.of(async () => {
      questions++;
      return { isAllowed: true, reason: "", error: "" };
    });
    const may = () => {
      const result = inner.program.evaluateWithin({ authorizer: value });
      return result.ok ? result.value : null;
    };
    const variables = new LazyObject("variables", new Map([["may", may]]));
    const result = await outer.program.evaluateAsync({ variables });
    assert.deepEqual([result.ok && result.value, questions], [true, 1]);
  });

  it("computes variables when they are asked for, once", () => {
    let count = 0;
    const variables = new LazyObject(
      "variables",
      new Map([
        [
          "a",
          () => {
            count++;
            return 1n;
          },
        ],
        [
          "bad",
          () => {
            throw new EvaluationError("broken");
          },
        ],
      ]),
    );
    const compiled = compileCel("variables.a + variables.a == 2 || variables.bad", { variables: { variables: dyn } });
    assert.ok(compiled.ok);
    assert.deepEqual([...compiled.program.references], ["variables", "variables.a", "variables.bad"]);
    assert.deepEqual(compiled.program.evaluate({ variables }), { ok: true, value: true, cost: 7 });
    assert.equal(count, 1);
  });
});

const schema: CelSchema = {
  type: "object",
  properties: {
    replicas: { type: "integer" },
    ratio: { type: "number" },
    "foo-bar.io/x": { type: "string" },
    namespace: { type: "string" },
    port: { "x-kubernetes-int-or-string": true },
    when: { type: "string", format: "date-time" },
    set: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
    entries: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: { type: "object", properties: { name: { type: "string" }, value: { type: "integer" } } },
    },
    labels: { type: "object", additionalProperties: { type: "string" } },
  },
};

describe("cel: a schema's values", () => {
  const value = {
    replicas: 3,
    ratio: 2,
    "foo-bar.io/x": "y",
    namespace: "n",
    port: "http",
    when: "2024-01-01T00:00:00Z",
    set: ["a", "b"],
    entries: [{ name: "a", value: 1 }],
    labels: { "a-b": "c" },
  };
  const evaluate = (expression: string) => {
    const compiled = compileCel(expression, { variables: { self: schemaType(schema) } });
    if (!compiled.ok) return compiled.error.split("\n")[0];
    const result = compiled.program.evaluate({ self: adaptJson(value, schema) });
    return result.ok ? result.value : result.error;
  };
  for (const expression of [
    "self.replicas + 1 == 4",
    "self.ratio == 2.0",
    "self.foo__dash__bar__dot__io__slash__x == 'y'",
    "self.__namespace__ == 'n'",
    "type(self.port) == string",
    "self.when.getFullYear() == 2024",
    "self.set == ['b', 'a']",
    "(self.set + ['b', 'c']) == ['a', 'b', 'c']",
    "self.entries.exists(e, e.name == 'a')",
    "self.labels['a-b'] == 'c'",
    "has(self.replicas)",
    "self.labels.all(k, k.size() == 3)",
  ])
    it(expression, () => assert.equal(evaluate(expression), true));
  it("sees whole numbers of 64 bits, and doubles where a schema says so", () => {
    const bound = { n: 2n ** 53n + 1n, d: 2n ** 53n + 1n, far: 1e20 };
    const { program } = compileCel("[self.n, self.d, self.far]", { variables: { self: dyn } }) as { program: Program };
    const typed = adaptJson(bound, { type: "object", properties: { n: { type: "integer" }, d: { type: "number" } } });
    const seen = program.evaluate({ self: adaptJson(bound) });
    assert.deepEqual(seen.ok && seen.value, [2n ** 53n + 1n, 2n ** 53n + 1n, 1e20]);
    assert.deepEqual(
      [typed].map((map) => (map as MapValue).get("d")),
      [2 ** 53],
    );
    assert.equal(toJson(2n ** 53n + 1n, "exact"), 2n ** 53n + 1n);
    assert.equal(toJson(2n ** 53n + 1n, "text"), "9007199254740993");
  });

  it("refuses fields that are not declared", () =>
    assert.equal(evaluate("self.nothing"), "ERROR: <input>:1:5: undefined field 'nothing'"));
  it("refuses what does not fit", () =>
    assert.equal(
      evaluate("self.replicas == 'a'"),
      "ERROR: <input>:1:15: found no matching overload for '_==_' applied to '(int, string)'",
    ));
});

describe("cel: budget and authorizer", () => {
  const compile = (expression: string) => {
    const compiled = compileCel(expression, {
      variables: {
        authorizer: { kind: "opaque", name: authorizerType },
        "authorizer.requestResource": { kind: "opaque", name: resourceType },
        x: dyn,
      },
    });
    assert.ok(compiled.ok, compiled.ok ? "" : compiled.error);
    return compiled.program;
  };

  it("ends what costs too much or takes too long", () => {
    const program = compile("x.all(a, x.all(b, x.all(c, a + b + c < 1000)))");
    const x = adaptJson(Array.from({ length: 200 }, (_, i) => i));
    const costly = program.evaluate({ x });
    assert.ok(
      !costly.ok && costly.reason === "budget" && costly.error === "operation cancelled: actual cost limit exceeded",
    );
    const slow = program.evaluate({ x }, { shouldStop: () => true });
    assert.ok(!slow.ok && slow.error === "operation interrupted");
  });

  it("asks the authorizer each question once, also when it answers later", async () => {
    const asked: string[] = [];
    const expression =
      "authorizer.group('apps').resource('deployments').namespace('n').name('d').check('get').allowed() && authorizer.path('/healthz').check('get').reason() == 'because' && !authorizer.serviceAccount('n', 's').group('').resource('pods').check('list').allowed()";
    const authorizer = AuthorizerValue.of(async (check) => {
      asked.push(`${check.verb} ${check.path}${check.resource} ${check.namespace} ${check.serviceAccount?.name ?? ""}`);
      return { isAllowed: check.resource !== "pods", reason: "because", error: "" };
    });
    const program = compile(expression);
    const result = await program.evaluateAsync({ authorizer, x: null }, { costLimit: 2 * perCallCostLimit });
    assert.ok(
      result.ok && result.value === true,
      JSON.stringify(result, (_, v) => (typeof v === "bigint" ? String(v) : v)),
    );
    assert.deepEqual(asked, ["get deployments n ", "get /healthz  ", "list pods  s"]);
    assert.throws(() =>
      program.evaluate(
        { authorizer: AuthorizerValue.of(() => Promise.reject(new Error("no"))), x: null },
        { costLimit: 2 * perCallCostLimit },
      ),
    );
  });

  it("compares as CEL does", () => {
    assert.ok(isEqual(1n, 1) && !isEqual("1", 1n) && !isEqual(null, 0n) && isEqual(null, null));
  });
});
