import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { badRequest } from "@drydock/apimachinery";
import { Registry as Metrics } from "prom-client";
import type { AdmissionRequest } from "../../admission.ts";
import type { Match } from "../../matching/matcher.ts";
import { tryToShow } from "../../matching/shown-objects.ts";
import { PolicyBench } from "../policy-bench.ts";
import { createFigures } from "../policy-figures.ts";
import { compilePolicy } from "./compile-policy.ts";
import { judgeRequest } from "./judge-request.ts";
import { validatingPolicies } from "./validating-policies.ts";

const data = (k: string) => ({ data: { k } });
const denied = (message: string) =>
  `422 Invalid: configmaps "m" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${message}`;
const apiVersion = "admissionregistration.k8s.io/v1";
const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
const rule = (changes: object) => ({
  operations: ["*"],
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["configmaps"],
  ...changes,
});

interface Row {
  readonly spec: object;
  readonly binding?: object;
  readonly map?: object;
  readonly verdict: string;
  readonly warnings?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A policy, what is created, and what comes of it. A config map called `limits`, of `k: x`, is there as parameters. */
const TABLE: Readonly<Record<string, Row>> = {
  "admits what is valid": {
    spec: { validations: [{ expression: "object.data.k == 'v'" }] },
    map: data("v"),
    verdict: "created",
  },
  "denies what is not, by the expression": {
    spec: { validations: [{ expression: "object.data.k == 'v'" }] },
    map: data("w"),
    verdict: denied("failed expression: object.data.k == 'v'"),
  },
  "denies by its message": {
    spec: { validations: [{ expression: "false", message: "not this" }] },
    verdict: denied("not this"),
  },
  "denies by what it makes of the object": {
    spec: { validations: [{ expression: "false", message: "no", messageExpression: "'not ' + object.metadata.name" }] },
    verdict: denied("not m"),
  },
  "falls back when that cannot be made": {
    spec: { validations: [{ expression: "false", message: "no", messageExpression: "'not ' + object.none" }] },
    verdict: denied("no"),
  },
  "gives its reason": {
    spec: { validations: [{ expression: "false", reason: "RequestEntityTooLarge" }] },
    verdict: denied("failed expression: false").replace("422 Invalid", "413 RequestEntityTooLarge"),
  },
  "denies when an expression fails": {
    spec: { validations: [{ expression: "object.none == 1" }] },
    verdict: denied("expression 'object.none == 1' resulted in error: no such key: none"),
  },
  "ignores that if it is told to": {
    spec: { failurePolicy: "Ignore", validations: [{ expression: "object.none == 1" }] },
    verdict: "created",
  },
  "knows the request, the namespace and who may do what": {
    spec: {
      validations: [
        { expression: "request.operation == 'CREATE' && request.kind.kind == 'ConfigMap' && request.name == 'm'" },
        { expression: "request.userInfo.groups.exists(g, g == 'system:masters') && !request.dryRun" },
        { expression: "namespaceObject.metadata.labels['team'] == 'blue' && oldObject == null" },
        { expression: "authorizer.requestResource.check('delete').allowed() && params == null" },
      ],
      paramKind,
    },
    verdict: "created",
  },
  "computes variables from one another": {
    spec: {
      variables: [
        { name: "length", expression: "size(object.data.k)" },
        { name: "isLong", expression: "variables.length > 3" },
        { name: "never", expression: "object.nothing" },
      ],
      validations: [{ expression: "!variables.isLong", messageExpression: "'length ' + string(variables.length)" }],
    },
    map: data("long"),
    verdict: denied("length 4"),
  },
  "tells which variable failed": {
    spec: {
      variables: [{ name: "x", expression: "object.nothing" }],
      validations: [{ expression: "variables.x == 1" }],
    },
    verdict: denied(
      `expression 'variables.x == 1' resulted in error: composited variable "x" fails to evaluate: no such key: nothing`,
    ),
  },
  "lets variables ask the authorizer": {
    spec: {
      variables: [{ name: "may", expression: "authorizer.path('/x').check('get').allowed()" }],
      validations: [{ expression: "variables.may && variables.may" }],
    },
    verdict: "created",
  },
  "is passed over by its conditions": {
    spec: {
      matchConditions: [{ name: "c", expression: "object.metadata.name != 'm'" }],
      validations: [{ expression: "false" }],
    },
    verdict: "created",
  },
  "is passed over by what it excludes": {
    spec: {
      matchConstraints: { resourceRules: [rule({})], excludeResourceRules: [rule({ resourceNames: ["m"] })] },
      validations: [{ expression: "false" }],
    },
    verdict: "created",
  },
  "is passed over by its binding": {
    spec: { validations: [{ expression: "false" }] },
    binding: { matchResources: { namespaceSelector: { matchLabels: { team: "red" } } } },
    verdict: "created",
  },
  "takes a binding that matches": {
    spec: { validations: [{ expression: "false" }] },
    binding: { matchResources: { namespaceSelector: { matchLabels: { team: "blue" } } } },
    verdict: denied("failed expression: false"),
  },
  "warns and notes": {
    spec: { validations: [{ expression: "true" }, { expression: "false", message: "hm" }] },
    binding: { validationActions: ["Warn", "Audit"] },
    verdict: "created",
    warnings: ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': hm"],
    annotations: {
      "validation.policy.admission.k8s.io/validation_failure":
        '[{"message":"hm","policy":"p","binding":"b","expressionIndex":1,"validationActions":["Warn","Audit"]}]',
    },
  },
  "notes what it is told to": {
    spec: {
      auditAnnotations: [
        { key: "name", valueExpression: "'is ' + object.metadata.name" },
        { key: "none", valueExpression: "has(object.data) ? 'data' : ''" },
      ],
    },
    verdict: "created",
    annotations: { "p/name": "is m" },
  },
  "denies what it cannot note": {
    spec: { auditAnnotations: [{ key: "x", valueExpression: "object.none + ''" }] },
    verdict: denied("expression 'object.none + ''' resulted in error: no such key: none"),
  },
  "takes its parameters by name": {
    spec: { paramKind, validations: [{ expression: "object.data.k == params.data.k" }] },
    binding: { paramRef: { name: "limits", namespace: "default", parameterNotFoundAction: "Deny" } },
    map: data("y"),
    verdict: denied("failed expression: object.data.k == params.data.k"),
  },
  "takes its parameters by labels, of the request's own namespace": {
    spec: { paramKind, validations: [{ expression: "object.data.k == params.data.k" }] },
    binding: { paramRef: { selector: { matchLabels: { role: "limits" } }, parameterNotFoundAction: "Deny" } },
    map: data("x"),
    verdict: "created",
  },
  "denies without parameters": {
    spec: { paramKind, validations: [{ expression: "true" }] },
    binding: { paramRef: { name: "none", parameterNotFoundAction: "Deny" } },
    verdict: denied(
      "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
    ),
  },
  "allows without parameters": {
    spec: { paramKind, validations: [{ expression: "false" }] },
    binding: { paramRef: { name: "none", parameterNotFoundAction: "Allow" } },
    verdict: "created",
  },
  "denies when there is no such kind of parameters": {
    spec: { paramKind: { apiVersion: "a.com/v1", kind: "X" }, validations: [{ expression: "true" }] },
    verdict:
      "422 Invalid: configmaps \"m\" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'a.com/v1, Kind=X'",
  },
};

describe("a validating policy", () => {
  let bench: PolicyBench;
  beforeEach(async () => {
    bench = await PolicyBench.create(validatingPolicies);
    await bench.createMap({ metadata: { name: "limits", labels: { role: "limits" } }, ...data("x") });
  });
  afterEach(() => bench.memory.stop());

  for (const [what, { spec, binding, map, verdict, warnings = [], annotations = {} }] of Object.entries(TABLE))
    it(what, async () => {
      await bench.bind("Validating", spec, binding);
      assert.equal(await bench.verdictOf(map), verdict);
      assert.deepEqual(bench.memory.warnings, warnings);
      assert.deepEqual(bench.annotations, annotations);
    });

  it("ends what costs too much", async () => {
    const validations = [{ expression: "lists.range(100).all(a, true)" }, { expression: "true" }];
    const policy = compilePolicy({
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "p" },
      spec: { validations },
    });
    const { denials } = await judgeRequest(policy, {}, false, { costLimit: 50 });
    assert.deepEqual(
      denials.map(({ message }) => message),
      ["validation failed due to running out of cost budget, no further validation rules will be run"],
    );
    assert.deepEqual((await judgeRequest(policy, {}, true, { costLimit: 50 })).denials, []);
  });

  it("counts what variables cost", async () => {
    const variables = [{ name: "v", expression: "lists.range(100).all(a, true)" }];
    const spec = { variables, validations: [{ expression: "variables.v" }] };
    const policy = compilePolicy({ apiVersion, kind: "ValidatingAdmissionPolicy", metadata: { name: "p" }, spec });
    assert.equal((await judgeRequest(policy, {}, false, { costLimit: 50 })).denials.length, 1);
    assert.equal((await judgeRequest(policy, {}, false, { costLimit: 5000 })).denials.length, 0);
  });

  it("does nothing without a binding, and does not judge itself", async () => {
    const rules = [rule({ resources: ["*/*"], apiGroups: ["*"] })];
    await bench.bind("Validating", {
      matchConstraints: { resourceRules: rules },
      validations: [{ expression: "false" }],
    });
    await bench.memory.put("admissionregistration.k8s.io", "validatingadmissionpolicies", {
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "other" },
      spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: "false" }] },
    } as KubeObject);
    assert.match(await bench.verdictOf(), /ValidatingAdmissionPolicy 'p'/);
  });
});

describe("figures of policies", () => {
  it("tell what was done about what did not hold, and how conditions went", async () => {
    const metrics = new Metrics();
    const bench = await PolicyBench.create((registry, authorizer) =>
      validatingPolicies(registry, authorizer, createFigures(metrics)),
    );
    const matchConditions = [
      {
        name: "c",
        expression: "object.metadata.name != 'skip' && (object.metadata.name != 'e' || object.data.x == '')",
      },
    ];
    await bench.bind("Validating", {
      matchConditions,
      validations: [{ expression: "object.metadata.name == 'good'" }],
    });
    for (const name of ["good", "bad", "skip", "e"]) await bench.verdictOf({ metadata: { name } });
    bench.memory.stop();
    const text = await metrics.metrics();
    const condition = 'name="p",kind="policy",type="validate",operation="CREATE"';
    for (const line of [
      'apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="invalid_error",policy="p",policy_binding="b"} 2',
      `apiserver_admission_match_condition_evaluation_errors_total{${condition}} 1`,
      `apiserver_admission_match_condition_evaluation_seconds_count{${condition}} 4`,
    ])
      assert.ok(text.includes(`\n${line}\n`), line);
  });
});

describe("an object that cannot be shown in another version", () => {
  const request = {
    operation: "create",
    definition: {
      group: "g",
      version: "v1",
      kind: "K",
      conversion: {
        toStorage: () => {
          throw badRequest("no way");
        },
      },
    },
    object: { apiVersion: "g/v1", kind: "K", metadata: { name: "k" } },
  } as unknown as AdmissionRequest;
  const match = { converted: { group: "g", version: "v2", kind: "K" } } as unknown as Match;

  it("is a failure of the policy, which may be ignored", async () =>
    assert.deepEqual(await tryToShow(request, match), {
      problem: "failed to configure binding: failed to convert object version: no way",
    }));
});
