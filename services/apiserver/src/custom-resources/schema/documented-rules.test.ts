import assert from "node:assert/strict";
import { compileRules, validateRules } from "./rules.ts";
import type { Structural } from "./structural.ts";

const text: Structural = { type: "string" };
const number: Structural = { type: "integer" };
const list = (items: Structural): Structural => ({ type: "array", items });
const map = (values: Structural): Structural => ({ type: "object", additionalProperties: values });
const named: Structural = { type: "object", properties: { name: text, value: text, key: text, foo: number } };

const properties: Record<string, Structural> = {
  minReplicas: number,
  replicas: number,
  maxReplicas: number,
  stateCounts: map(number),
  list1: list(number),
  list2: list(number),
  map1: map(text),
  envars: list(named),
  created: { type: "string", format: "date-time" },
  ttl: { type: "string", format: "duration" },
  expired: { type: "string", format: "date-time" },
  health: text,
  widgets: list(named),
  percent: { "x-kubernetes-int-or-string": true },
  set1: list(text),
  set2: list(text),
  names: list(text),
  details: map(text),
  clusters: list(named),
  primary: text,
};

const value = {
  minReplicas: 1,
  replicas: 2,
  maxReplicas: 3,
  stateCounts: { Available: 1 },
  list1: [],
  list2: [1],
  map1: { MY_KEY: "abc" },
  envars: [{ name: "MY_ENV", value: "abc" }],
  created: "2026-01-01T00:00:00Z",
  ttl: "1h",
  expired: "2026-01-01T02:00:00Z",
  health: "ok: fine",
  widgets: [{ key: "x", foo: 1 }],
  percent: "99%",
  set1: ["a"],
  set2: ["b"],
  names: ["a"],
  details: { a: "b" },
  clusters: [{ name: "p" }],
  primary: "p",
};

/** The kinds of rule that Kubernetes' documentation shows, and some that are common in the field. */
const rules = [
  "self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas",
  "'Available' in self.stateCounts",
  "(self.list1.size() == 0) != (self.list2.size() == 0)",
  "!('MY_KEY' in self.map1) || self.map1['MY_KEY'].matches('^[a-zA-Z]*$')",
  "self.envars.filter(e, e.name == 'MY_ENV').all(e, e.value.matches('^[a-zA-Z]*$'))",
  "has(self.expired) && self.created + self.ttl < self.expired",
  "self.health.startsWith('ok')",
  "self.widgets.exists(w, w.key == 'x' && w.foo < 10)",
  "type(self.percent) == string ? self.percent == '99%' : self.percent == 42",
  "self.set1.all(e, !(e in self.set2))",
  "size(self.names) == size(self.details) && self.names.all(n, n in self.details)",
  "size(self.clusters.filter(c, c.name == self.primary)) == 1",
  "self.clusters.all(a, self.clusters.exists_one(b, a.name == b.name))",
  "self.?primary.orValue('none') == 'p'",
  "!has(self.widgets[0].name)",
  "self.map1.all(k, v, k.size() > v.size())",
];

describe("documented rules", () => {
  for (const rule of rules)
    it(rule, () => {
      const tree = compileRules({ type: "object", properties, "x-kubernetes-validations": [{ rule }] });
      assert.ok(tree);
      assert.deepEqual(validateRules(tree, value), []);
    });
});
