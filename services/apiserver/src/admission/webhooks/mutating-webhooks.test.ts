import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import type { V1MutatingWebhook } from "@drydock/kube-api";
import { parseCallOptions } from "../../registry/call-options.ts";
import { parseDeleteOptions } from "../../registry/delete-options.ts";
import { scale } from "../../subresources/scale.ts";
import { create } from "../../verbs/create.ts";
import { remove } from "../../verbs/delete.ts";
import { update } from "../../verbs/update.ts";
import type { AdmissionRequest } from "../admission.ts";
import type { Match } from "../matching/matcher.ts";
import type { ShownObjects } from "../matching/shown-objects.ts";
import { askHook } from "./hook-caller.ts";
import type { HookDenial } from "./hook-errors.ts";
import type { Hook } from "./hooks.ts";
import { allow, patch, type Respond, WebhookBench } from "./webhook-table.ts";

const label = (name: string, value = "x") => ({ op: "add", path: `/metadata/labels/${name}`, value });
const labels = { op: "add", path: "/metadata/labels", value: {} };

describe("mutating webhooks", () => {
  let bench: WebhookBench;
  beforeEach(async () => {
    bench = await WebhookBench.create();
  });
  afterEach(() => bench.memory.stop());

  const askedNames = () => bench.asked.map(({ hook }) => hook.split(".")[0]);

  it("are asked in the order of their configurations, each about what the one before has left", async () => {
    await bench.configure("Mutating", "b", ({ request }) => patch(label("b", request.object?.metadata.labels?.["a"])));
    await bench.configure("Mutating", "a", () => patch(labels, label("a", "1")));
    const { metadata } = await bench.createMap();
    assert.deepEqual(metadata.labels, { a: "1", b: "1" });
    assert.deepEqual(askedNames(), ["a", "b"]);
  });

  it("are told who asks for what", async () => {
    await bench.configure("Mutating", "a", allow);
    await bench.createMap({ data: { k: "v" } });
    const { apiVersion, request } = bench.asked[0] as (typeof bench.asked)[0];
    const { uid, object, ...others } = request;
    assert.match(uid, /^[0-9a-f-]{36}$/);
    assert.equal(apiVersion, "admission.k8s.io/v1");
    assert.deepEqual((object as KubeObject & { data: unknown }).data, { k: "v" });
    assert.deepEqual(others, {
      kind: { group: "", version: "v1", kind: "ConfigMap" },
      resource: { group: "", version: "v1", resource: "configmaps" },
      requestKind: { group: "", version: "v1", kind: "ConfigMap" },
      requestResource: { group: "", version: "v1", resource: "configmaps" },
      name: "m",
      namespace: "default",
      operation: "CREATE",
      userInfo: { username: "system:apiserver", groups: ["system:authenticated", "system:masters"] },
      oldObject: null,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    });
  });

  it("are asked again when others changed the object after them, if they wish", async () => {
    await bench.configure(
      "Mutating",
      "a",
      ({ request }) =>
        request.object?.metadata.labels?.["b"] ? patch(label("a", "second")) : patch(labels, label("a", "first")),
      { reinvocationPolicy: "IfNeeded" },
    );
    await bench.configure("Mutating", "b", () => patch(label("b")));
    assert.deepEqual((await bench.createMap()).metadata.labels, { a: "second", b: "x" });
    assert.deepEqual(askedNames(), ["a", "b", "a"]);
  });

  it("are not asked again when nothing changed after them, nor a third time", async () => {
    const count: Respond = ({ request }) =>
      patch(labels, label("n", `${Number(request.object?.metadata.labels?.["n"] ?? 0) + 1}`));
    await bench.configure("Mutating", "a", count, { reinvocationPolicy: "IfNeeded" });
    await bench.createMap();
    assert.deepEqual(askedNames(), ["a"]);
    await bench.configure("Mutating", "b", count, { reinvocationPolicy: "IfNeeded" });
    await bench.createMap({ metadata: { name: "other" } });
    assert.deepEqual(askedNames().slice(1), ["a", "b", "a", "b"]);
  });

  it("do not change an object to what its kind does not know", async () => {
    await bench.configure("Mutating", "a", () =>
      patch({ op: "add", path: "/nonsense", value: 1 }, { op: "add", path: "/data", value: { k: "v" } }),
    );
    const { data, ...others } = await bench.createMap();
    assert.deepEqual(data, { k: "v" });
    assert.ok(!("nonsense" in others));
  });

  it("do not spoil who manages which fields", async () => {
    const value = [
      { manager: "x", operation: "Update", apiVersion: "v1", fieldsType: "Other", fieldsV1: { "f:a": {} } },
    ];
    await bench.configure("Mutating", "a", () => patch({ op: "add", path: "/metadata/managedFields", value }));
    assert.equal((await bench.createMap()).metadata.managedFields, undefined);
    assert.match(bench.memory.warnings[0] ?? "", /^.metadata.managedFields was in an invalid state after admission/);
  });

  it("may take away what was sent", async () => {
    await bench.configure("Mutating", "a", () => patch({ op: "remove", path: "/data" }));
    assert.equal((await bench.createMap({ data: { k: "v" } })).data, undefined);
  });

  it("see defaults, and get defaults for what they add", async () => {
    const rules = [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["services"] }];
    await bench.configure(
      "Mutating",
      "a",
      () => patch({ op: "add", path: "/spec/ports/1", value: { port: 2, name: "b" } }),
      { rules },
    );
    await bench.put("", "services", {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "s", namespace: "default" },
      spec: { clusterIP: "None", ports: [{ port: 1, name: "a" }] },
    } as KubeObject);
    const seen = bench.asked[0]?.request.object as KubeObject & { spec: { ports: object[] } };
    assert.deepEqual(seen.spec.ports, [{ port: 1, name: "a", protocol: "TCP", targetPort: 1 }]);
    const store = bench.memory.registry.require("", "v1", "services");
    const stored = bench.memory.registry.cached(store, "default", "s") as typeof seen;
    assert.deepEqual(stored.spec.ports[1], { port: 2, name: "b", protocol: "TCP", targetPort: 2 });
  });

  it("are asked about a deletion, which they cannot change", async () => {
    await bench.createMap();
    await bench.configure("Mutating", "a", () => patch(labels));
    const { registry, contextOf } = bench.memory;
    const deletion = remove(registry.require("", "v1", "configmaps"), {
      namespace: "default",
      name: "m",
      options: parseDeleteOptions(undefined, {}),
      context: contextOf(),
    });
    await assert.rejects(deletion, {
      code: 500,
      message:
        /admission webhook "a.example.com" attempted to modify the object, which is not supported for this operation/,
    });
    const { request } = bench.asked[0] as (typeof bench.asked)[0];
    assert.deepEqual([request["operation"], request.object, request.oldObject?.metadata.name], ["DELETE", null, "m"]);
    assert.deepEqual(request["options"], { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1" });
    assert.equal(bench.asked.length, 1);
  });

  it("see a Scale where a Scale is written, and may change it", async () => {
    const rules = [
      { operations: ["UPDATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments/scale"] },
    ];
    await bench.configure("Mutating", "a", () => patch({ op: "replace", path: "/spec/replicas", value: 7 }), { rules });
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    await bench.put("apps", "deployments", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "default" },
      spec: { replicas: 1, selector: { matchLabels: { a: "b" } }, template },
    } as KubeObject);
    const { registry, contextOf } = bench.memory;
    const outcome = await scale.run({} as never, registry.require("apps", "v1", "deployments"), {
      verb: "update",
      group: "apps",
      version: "v1",
      resource: "deployments",
      subresource: "scale",
      namespace: "default",
      name: "d",
      options: parseCallOptions({}),
      body: {
        kind: "object",
        object: {
          apiVersion: "autoscaling/v1",
          kind: "Scale",
          metadata: { name: "d" },
          spec: { replicas: 3 },
        } as KubeObject,
      },
      context: contextOf(),
    });
    const { request } = bench.asked[0] as (typeof bench.asked)[0];
    assert.deepEqual(request["kind"], { group: "autoscaling", version: "v1", kind: "Scale" });
    assert.equal((request.object as KubeObject & { spec: { replicas: number } }).spec.replicas, 3);
    assert.equal(outcome.kind === "plain" && (outcome.object as { spec: { replicas: number } }).spec.replicas, 7);
  });

  it("are shown the version that their rule names, and what they change comes back in the other", async () => {
    const rules = [
      {
        operations: ["CREATE"],
        apiGroups: ["autoscaling"],
        apiVersions: ["v1"],
        resources: ["horizontalpodautoscalers"],
      },
    ];
    await bench.configure(
      "Mutating",
      "a",
      () => patch({ op: "add", path: "/spec/targetCPUUtilizationPercentage", value: 33 }),
      {
        rules,
      },
    );
    const autoscaler = {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "h", namespace: "default" },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" } },
    };
    const { registry, contextOf } = bench.memory;
    const stored = await create(registry.require("autoscaling", "v2", "horizontalpodautoscalers"), {
      namespace: "default",
      object: structuredClone(autoscaler) as KubeObject,
      isDryRun: false,
      context: contextOf(),
    });
    const { request } = bench.asked[0] as (typeof bench.asked)[0];
    assert.equal(request.object?.apiVersion, "autoscaling/v1");
    assert.deepEqual(request["requestKind"], { group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler" });
    const { metrics } = (stored.object as KubeObject & { spec: { metrics: object[] } }).spec;
    assert.deepEqual(metrics, [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 33 } } },
    ]);
    await bench.configure("Mutating", "b", allow, { rules, matchPolicy: "Exact" });
    bench.asked.length = 0;
    await create(registry.require("autoscaling", "v2", "horizontalpodautoscalers"), {
      namespace: "default",
      object: { ...structuredClone(autoscaler), metadata: { name: "other" } } as KubeObject,
      isDryRun: false,
      context: contextOf(),
    });
    assert.deepEqual(askedNames(), ["a"]);
  });

  it("judge an update once, by its selectors before and after", async () => {
    await bench.createMap({ metadata: { name: "m", labels: { watched: "yes" } } });
    const objectSelector = { matchLabels: { watched: "yes" } };
    await bench.configure("Mutating", "a", () => ({ allowed: false }), { objectSelector });
    const { registry, contextOf } = bench.memory;
    const change = update(registry.require("", "v1", "configmaps"), {
      namespace: "default",
      name: "m",
      subresource: "",
      isDryRun: false,
      context: contextOf(),
      mayCreate: "never",
      next: (current) => ({ ...(current as KubeObject), metadata: { name: "m" } }),
    });
    await assert.rejects(change, {
      message: 'admission webhook "a.example.com" denied the request without explanation',
    });
    assert.equal(bench.asked.length, 1);
  });
});

/** What a webhook says to the creation of a config map, and what becomes of that. */
const TABLE: readonly (readonly [string, Respond, Partial<V1MutatingWebhook>, string])[] = [
  [
    "a refusal",
    () => ({ allowed: false, status: { message: "no", code: 418 } }),
    {},
    '418 admission webhook "a.example.com" denied the request: no',
  ],
  [
    "a refusal by its reason",
    () => ({ allowed: false, status: { reason: "Teapot", code: 200 } }),
    {},
    '400 admission webhook "a.example.com" denied the request: Teapot',
  ],
  [
    "a failure",
    () => new Error('Post "https://a.example.com/?timeout=10s": EOF'),
    {},
    '500 Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://a.example.com/?timeout=10s": EOF',
  ],
  ["a failure that does not matter", () => new Error("EOF"), { failurePolicy: "Ignore" }, "created"],
  [
    "a refusal where failures do not matter",
    () => ({ allowed: false }),
    { failurePolicy: "Ignore" },
    '400 admission webhook "a.example.com" denied the request without explanation',
  ],
  [
    "an answer to something else",
    () => ({ uid: "other", allowed: true }),
    {},
    /^500 Internal error occurred: failed calling webhook "a.example.com": received invalid webhook response: expected response.uid="[0-9a-f-]+", got "other"$/
      .source,
  ],
  [
    "a patch without its type",
    () => ({ allowed: true, patch: "W10=" }),
    {},
    '500 Internal error occurred: failed calling webhook "a.example.com": received invalid webhook response: webhook returned response.patch but not response.patchType',
  ],
  [
    "a patch of another type",
    () => ({
      allowed: true,
      patch: Buffer.from('[{"op":"add","path":"/a","value":1}]').toString("base64"),
      patchType: "Merge",
    }),
    {},
    '500 Internal error occurred: failed calling webhook "a.example.com": unsupported patch type "Merge"',
  ],
  [
    "the older version",
    ({ apiVersion }) => ({ allowed: apiVersion.endsWith("v1beta1"), uid: "" }),
    { admissionReviewVersions: ["v1beta1", "v1"] },
    "created",
  ],
  [
    "nothing, since it is not for this namespace",
    () => ({ allowed: false }),
    { namespaceSelector: { matchLabels: { a: "b" } } },
    "created",
  ],
  [
    "nothing, since it is not for this object",
    () => ({ allowed: false }),
    { objectSelector: { matchLabels: { a: "b" } } },
    "created",
  ],
  [
    "nothing, since a condition excludes it",
    () => ({ allowed: false }),
    { matchConditions: [{ name: "c", expression: "request.userInfo.username != 'system:apiserver'" }] },
    "created",
  ],
  [
    "nothing, since a condition excludes it and another fails",
    () => ({ allowed: false }),
    {
      matchConditions: [
        { name: "c", expression: "object.nothing == 1" },
        { name: "d", expression: "!has(object.metadata.name)" },
      ],
    },
    "created",
  ],
  [
    "something, under conditions about all there is",
    () => ({ allowed: false }),
    {
      matchConditions: [
        { name: "a", expression: "object.metadata.name == 'm' && oldObject == null && request.operation == 'CREATE'" },
        { name: "b", expression: "authorizer.group('').resource('pods').check('get').allowed()" },
        { name: "c", expression: "authorizer.requestResource.check('create').allowed()" },
        { name: "d", expression: "!authorizer.serviceAccount('a', 'b').path('/healthz').check('get').allowed()" },
      ],
    },
    '400 admission webhook "a.example.com" denied the request without explanation',
  ],
  [
    "nothing, since a condition cannot be judged",
    allow,
    { matchConditions: [{ name: "c", expression: "object.nothing == 1" }] },
    `403 configmaps "m" is forbidden: expression 'object.nothing == 1' resulted in error: no such key: nothing`,
  ],
  [
    "nothing, since a condition cannot be judged and that does not matter",
    () => ({ allowed: false }),
    { failurePolicy: "Ignore", matchConditions: [{ name: "c", expression: "object.nothing == 1" }] },
    "created",
  ],
];

describe("the answer of a mutating webhook", () => {
  let bench: WebhookBench;
  beforeEach(async () => {
    bench = await WebhookBench.create();
  });
  afterEach(() => bench.memory.stop());

  for (const [what, respond, changes, expected] of TABLE)
    it(what, async () => {
      await bench.configure("Mutating", "a", respond, changes);
      const result = await bench.createMap().then(
        () => "created",
        (error: { code: number; message: string }) => `${error.code} ${error.message}`,
      );
      if (expected.startsWith("^")) assert.match(result, new RegExp(expected));
      else assert.equal(result, expected);
    });

  it("warns", async () => {
    await bench.configure("Mutating", "a", () => ({ allowed: true, warnings: ["careful"] }));
    await bench.createMap();
    assert.deepEqual(bench.memory.warnings, ["careful"]);
  });

  it("is not asked for on a dry run that would not be one", async () => {
    const { registry, contextOf } = bench.memory;
    const { definition } = registry.require("", "v1", "configmaps");
    const hook = { webhook: { name: "a.example.com", sideEffects: "Some" } } as Hook;
    const request = {
      definition,
      operation: "create",
      isDryRun: true,
      context: contextOf(),
    } as unknown as AdmissionRequest;
    const post = () => assert.fail("it was asked");
    await assert.rejects(askHook(post, hook, request, {} as Match, {} as ShownObjects, true), (error: HookDenial) => {
      assert.equal(error.denial.code, 400);
      assert.equal(error.message, 'admission webhook "a.example.com" does not support dry run');
      return true;
    });
  });
});
