import assert from "node:assert/strict";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}
    selectableFields: [{jsonPath: .spec.color}]
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        description: CronTab says when.
        required: [spec]
        properties:
          spec:
            type: object
            required: [cronSpec]
            x-kubernetes-validations:
            - {rule: "!has(self.maxReplicas) || self.replicas <= self.maxReplicas", message: too many replicas, fieldPath: .replicas}
            - {rule: "!has(oldSelf.color) || has(self.color)", message: color stays}
            properties:
              cronSpec: {type: string, pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$', description: When.}
              image: {type: string, default: busybox}
              replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
              maxReplicas: {type: integer}
              color: {type: string, enum: [red, blue]}
              port: {x-kubernetes-int-or-string: true}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              tags: {type: array, items: {type: string}, x-kubernetes-list-type: set}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, size: {type: integer}}}
          status:
            type: object
            properties:
              replicas: {type: integer}
              selector: {type: string}
              conditions: {type: array, items: {type: object, properties: {type: {type: string}, status: {type: string}}}}
`;

const instance = (name: string, spec: string) =>
  `apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata: {name: ${name}}\nspec: ${spec}\n`;

describe("custom resources, for the real kubectl", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let kubectl: Kubectl;

  before(async () => {
    server = await startApiServer();
    const binary = findKubectls()[0];
    assert.ok(binary);
    kubectl = await Kubectl.create(
      binary,
      server.path("home"),
      await server.kubeconfig("rest", "admin", ["system:masters"]),
    );
  });

  after(async () => server?.stop());

  it("establishes a definition", async () => {
    assert.match(await kubectl.ok("apply -f -", definition), /crontabs.stable.example.com created/);
    await kubectl.ok("wait --for condition=Established --timeout=10s crd/crontabs.stable.example.com");
    const status = JSON.parse(await kubectl.ok("get crd crontabs.stable.example.com -o jsonpath={.status}"));
    assert.deepEqual(status.storedVersions, ["v1"]);
    assert.equal(status.acceptedNames.listKind, "CronTabList");
  });

  it("creates, defaults, prunes and shows objects", async () => {
    await kubectl.ok(
      "create -f -",
      instance("one", '{cronSpec: "* * * * */5", free: {a: {b: 1}}, parts: [{name: a, size: 1}]}'),
    );
    const object = JSON.parse(await kubectl.ok("get ct one -o json"));
    assert.equal(object.spec.image, "busybox");
    assert.equal(object.spec.replicas, 1);
    assert.deepEqual(object.spec.free, { a: { b: 1 } });
    assert.equal(object.metadata.generation, 1);
    const table = await kubectl.ok("get crontabs");
    assert.match(table, /^NAME +SPEC +REPLICAS +AGE\none +\* \* \* \* \*\/5 +1 +\d+s\n$/);
    assert.match(await kubectl.ok("get crontab -o wide"), /^NAME +SPEC +REPLICAS +READY +AGE/);
    assert.match(await kubectl.ok("get all"), /crontab.stable.example.com\/one/);
  });

  const refusals: readonly (readonly [spec: string, message: RegExp])[] = [
    ['{cronSpec: "no"}', /spec.cronSpec: Invalid value: "no": spec.cronSpec in body should match '\^/],
    [
      '{cronSpec: "* * * * *", replicas: 11}',
      /spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10/,
    ],
    [
      '{cronSpec: "* * * * *", replicas: x}',
      /spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"/,
    ],
    ["{image: x}", /spec.cronSpec: Required value/],
    [
      '{cronSpec: "* * * * *", color: green}',
      /spec.color: Unsupported value: "green": supported values: "red", "blue"/,
    ],
    ['{cronSpec: "* * * * *", replicas: 5, maxReplicas: 3}', /spec.replicas: Invalid value: too many replicas/],
    ['{cronSpec: "* * * * *", tags: [a, b, a]}', /spec.tags\[2\]: Duplicate value: "a"/],
    ['{cronSpec: "* * * * *", parts: [{name: a}, {name: a}]}', /spec.parts\[1\]: Duplicate value: \{"name":"a"\}/],
    [
      '{cronSpec: "* * * * *", port: true}',
      /spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"/,
    ],
  ];
  for (const [spec, message] of refusals)
    it(`refuses ${spec}`, async () => {
      const { code, stderr } = await kubectl.run("create --validate=false -f -", instance("bad", spec));
      assert.equal(code, 1);
      assert.match(stderr, /^The CronTab "bad" is invalid: /);
      assert.match(stderr, message);
    });

  it("validates on the client's side by the live OpenAPI document", async () => {
    const { stderr } = await kubectl.run("create -f -", instance("bad", '{cronSpec: "* * * * *", nothing: 1}'));
    assert.match(stderr, /unknown field "(nothing" in com.example.stable.v1.CronTab.spec|spec.nothing")/);
    const explained = await kubectl.ok("explain crontab.spec.cronSpec");
    assert.match(explained, /FIELD: +cronSpec <string>[\s\S]*When\./);
  });

  it("patches, applies, scales; generations count the spec; the status is apart", async () => {
    await kubectl.ok(["patch", "ct", "one", "--type=merge", "-p", '{"spec":{"color":"red"},"status":{"replicas":3}}']);
    await kubectl.ok("scale --replicas=4 ct/one");
    const object = JSON.parse(await kubectl.ok("get ct one -o json"));
    assert.equal(object.spec.replicas, 4);
    assert.equal(object.status, undefined);
    assert.equal(object.metadata.generation, 3);
    const { stderr } = await kubectl.run([
      "patch",
      "ct",
      "one",
      "--type=json",
      "-p",
      '[{"op":"remove","path":"/spec/color"}]',
    ]);
    assert.match(stderr, /spec: Invalid value: color stays/);
    assert.equal(
      await kubectl.ok("get ct --field-selector spec.color=red -o name"),
      "crontab.stable.example.com/one\n",
    );
    assert.equal(await kubectl.ok("get ct --field-selector spec.color=blue -o name"), "");
    const strategic = await kubectl.run(["patch", "ct", "one", "--type=strategic", "-p", "{}"]);
    assert.match(strategic.stderr, /unsupported media type|unknown format/i);
  });

  it("applies server-side: items of a keyed list belong to who set them", async () => {
    const parts = (text: string) => instance("one", `{parts: ${text}}`);
    await kubectl.ok("apply --server-side --field-manager=other -f -", parts("[{name: b, size: 2}]"));
    const { stderr } = await kubectl.run(
      "apply --server-side --field-manager=third -f -",
      parts("[{name: b, size: 3}]"),
    );
    assert.match(stderr, /conflict with "other": .spec.parts\[name="b"\].size/);
    const object = JSON.parse(await kubectl.ok("get ct one -o json"));
    assert.deepEqual(
      object.spec.parts.map(({ name }: { name: string }) => name),
      ["a", "b"],
    );
    await kubectl.ok("apply --server-side --field-manager=other -f -", parts("[]"));
    const after = JSON.parse(await kubectl.ok("get ct one -o json"));
    assert.deepEqual(
      after.spec.parts.map(({ name }: { name: string }) => name),
      ["a"],
    );
  });

  it("lets nothing in while it is terminating, and waits for the finalizers of objects", async () => {
    const held = instance("held", '{cronSpec: "* * * * *"}').replace(
      "{name: held}",
      "{name: held, finalizers: [example.com/hold]}",
    );
    const other = definition.replaceAll("crontabs", "crontabs2").replaceAll("stable.example.com", "held.example.com");
    await kubectl.ok("create -f -", other);
    await kubectl.ok("wait --for condition=Established --timeout=10s crd/crontabs2.held.example.com");
    const create = held.replace("stable.example.com", "held.example.com");
    await kubectl.ok("create --validate=false -f -", create);
    await kubectl.ok("delete crd crontabs2.held.example.com --wait=false");
    const { metadata } = JSON.parse(await kubectl.ok("get crd crontabs2.held.example.com -o json"));
    assert.equal(metadata.generation, 1);
    assert.ok(metadata.deletionTimestamp && !("deletionGracePeriodSeconds" in metadata));
    await eventually("creation is refused", async () => {
      const { stderr } = await kubectl.run("create --validate=false -f -", create.replace("name: held", "name: late"));
      return /create not allowed while custom resource definition is terminating/.test(stderr);
    });
    assert.equal(await server.countStored("held.example.com/crontabs2/"), 1);
    await kubectl.ok([
      "patch",
      "crontabs2.held.example.com",
      "held",
      "--type=merge",
      "-p",
      '{"metadata":{"finalizers":null}}',
    ]);
    await kubectl.ok("wait --for=delete --timeout=20s crd/crontabs2.held.example.com");
  });

  it("deletes a definition with all its objects", async () => {
    await kubectl.ok("create -f -", instance("two", '{cronSpec: "* * * * *"}'));
    assert.equal(await server.countStored("stable.example.com/crontabs/"), 2);
    await kubectl.ok("delete crd crontabs.stable.example.com --timeout=20s");
    assert.equal(await server.countStored("stable.example.com/crontabs/"), 0);
    assert.match(
      (await kubectl.run("get crontabs")).stderr,
      /the server (could not find the requested resource|doesn't have a resource type)/,
    );
  });

  describe("defined again, over plain HTTP", () => {
    const path = "/apis/stable.example.com/v1/namespaces/default/crontabs";
    let peer: RestPeer;
    const send = (method: string, at: string, body?: object, headers = {}) => rest(peer, method, at, { body, headers });
    const cronTab = (name: string, spec: object) => ({
      apiVersion: "stable.example.com/v1",
      kind: "CronTab",
      metadata: { name },
      spec: { cronSpec: "* * * * *", ...spec },
    });

    before(async () => {
      peer = await server.connection("rest", "admin", ["system:masters"]);
      await kubectl.ok("create -f -", definition);
      await kubectl.ok("wait --for condition=Established --timeout=10s crd/crontabs.stable.example.com");
    });

    it("is found by discovery, old and aggregated", async () => {
      const { json } = await send("GET", "/apis/stable.example.com/v1");
      const names = (json["resources"] as { name: string }[]).map(({ name }) => name);
      assert.deepEqual(names, ["crontabs", "crontabs/scale", "crontabs/status"]);
      const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
      const { json: all } = await send("GET", "/apis", undefined, { Accept: accept });
      const group = (all["items"] as { metadata: { name: string }; versions: object[] }[]).find(
        ({ metadata }) => metadata.name === "stable.example.com",
      );
      assert.equal(group?.versions.length, 1);
    });

    it("drops unknown fields and says so, refuses them, or keeps still", async () => {
      const object = cronTab("fields", { nothing: 1 });
      const strict = await send("POST", `${path}?fieldValidation=Strict&dryRun=All`, object);
      assert.deepEqual(
        [strict.code, strict.json.message],
        [
          400,
          'CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown field "spec.nothing"',
        ],
      );
      const warned = await send("POST", `${path}?fieldValidation=Warn&dryRun=All`, object);
      assert.deepEqual([warned.code, warned.headers["warning"]], [201, '299 - "unknown field \\"spec.nothing\\""']);
      const ignored = await send("POST", `${path}?fieldValidation=Ignore&dryRun=All`, object);
      assert.deepEqual([ignored.code, ignored.headers["warning"]], [201, undefined]);
      assert.equal((ignored.json["spec"] as { nothing?: number }).nothing, undefined);
    });

    it("keeps status and spec apart", async () => {
      await send("POST", path, cronTab("apart", { replicas: 2 }));
      const { json } = await rest(peer, "PATCH", `${path}/apart/status`, {
        body: { spec: { replicas: 9 }, metadata: { labels: { a: "b" } }, status: { replicas: 2, selector: "a=b" } },
        contentType: "application/merge-patch+json",
      });
      const { metadata, spec, status } = json as unknown as {
        metadata: { generation: number; labels?: object };
        spec: { replicas: number };
        status: { replicas: number };
      };
      assert.deepEqual([spec.replicas, status.replicas, metadata.generation, metadata.labels], [2, 2, 1, undefined]);
      const { json: scale } = await send("GET", `${path}/apart/scale`);
      assert.deepEqual([scale["spec"], scale["status"]], [{ replicas: 2 }, { replicas: 2, selector: "a=b" }]);
    });

    it("changes the OpenAPI documents with the definition", async () => {
      const before = await send("GET", "/openapi/v2");
      const v3 = await send("GET", "/openapi/v3/apis/stable.example.com/v1");
      assert.match(v3.bytes.toString(), /"com.example.stable.v1.CronTab"/);
      await kubectl.ok("apply -f -", definition.replace("CronTab says when.", "CronTab says when it runs."));
      await eventually("another document", async () => {
        const after = await send("GET", "/openapi/v2");
        return after.headers["etag"] !== before.headers["etag"] && /says when it runs/.test(after.bytes.toString());
      });
    });
  });
});
