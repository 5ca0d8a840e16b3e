import assert from "node:assert/strict";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";

const APPLY = "application/apply-patch+yaml";
const MERGE = "application/merge-patch+json";

interface Applied {
  readonly metadata: {
    readonly managedFields?: readonly { manager: string; operation: string; fieldsV1: object; subresource?: string }[];
    readonly labels?: Record<string, string>;
    readonly resourceVersion: string;
  };
  readonly data?: Record<string, string>;
  readonly spec?: {
    readonly replicas?: number;
    readonly template: { readonly spec: { readonly containers: object[] } };
  };
}

describe("server-side apply", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;

  before(async function () {
    this.timeout(90_000);
    server = await startApiServer();
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
  });

  after(async () => server?.stop());

  const configMapPath = (name: string) => `/api/v1/namespaces/default/configmaps/${name}`;
  const apply = (path: string, manager: string, body: object, query = "") =>
    rest(admin, "PATCH", `${path}?fieldManager=${manager}${query}`, { body, contentType: APPLY });
  const configMap = (name: string, data: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data,
  });
  const owners = (object: unknown) =>
    (object as Applied).metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`);

  it("creates, changes nothing the second time, and takes back what is no longer set", async () => {
    const path = configMapPath("owned");
    const created = await apply(path, "one", configMap("owned", { a: "1", b: "2" }));
    assert.equal(created.code, 201);
    assert.deepEqual((created.json as unknown as Applied).metadata.managedFields?.[0]?.fieldsV1, {
      "f:data": { "f:a": {}, "f:b": {} },
    });
    const again = await apply(path, "one", configMap("owned", { a: "1", b: "2" }));
    assert.equal(again.code, 200);
    const versions = [created, again].map(({ json }) => (json as unknown as Applied).metadata.resourceVersion);
    assert.equal(versions[0], versions[1]);
    const less = await apply(path, "one", configMap("owned", { a: "1" }));
    assert.deepEqual((less.json as unknown as Applied).data, { a: "1" });
  });

  it("keeps what others own, and what two own until both let go", async () => {
    const path = configMapPath("shared");
    await apply(path, "one", configMap("shared", { a: "1", both: "x" }));
    await apply(path, "two", configMap("shared", { b: "2", both: "x" }));
    const one = await apply(path, "one", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "shared" } });
    assert.deepEqual((one.json as unknown as Applied).data, { b: "2", both: "x" });
    assert.deepEqual(owners(one.json), ["two Apply"]);
  });

  it("refuses to change what another manager owns, unless forced", async () => {
    const path = configMapPath("contended");
    await apply(path, "one", configMap("contended", { a: "1", b: "1" }));
    const { code, json } = await apply(path, "two", configMap("contended", { a: "2" }));
    assert.deepEqual(
      [code, json.reason, json.message],
      [409, "Conflict", 'Apply failed with 1 conflict: conflict with "one": .data.a'],
    );
    assert.deepEqual(json.details?.causes, [
      { reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".data.a" },
    ]);
    const forced = await apply(path, "two", configMap("contended", { a: "2" }), "&force=true");
    assert.deepEqual((forced.json as unknown as Applied).data, { a: "2", b: "1" });
    const both = await apply(path, "three", configMap("contended", { a: "3", b: "3" }));
    assert.equal(
      both.json.message,
      'Apply failed with 2 conflicts: conflicts with "one":\n- .data.b\nconflicts with "two":\n- .data.a',
    );
  });

  it("knows who changed a field by an update", async () => {
    const path = configMapPath("updated");
    await apply(path, "one", configMap("updated", { a: "1", b: "1" }));
    const patched = await rest(admin, "PATCH", `${path}?fieldManager=editor`, {
      body: { data: { a: "2" } },
      contentType: MERGE,
    });
    assert.deepEqual(owners(patched.json), ["one Apply", "editor Update"]);
    const { code, json } = await apply(path, "one", configMap("updated", { a: "1", b: "1" }));
    assert.equal(code, 409);
    assert.equal(json.message, 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.a');
  });

  it("gives nobody what the endpoint does not write", async () => {
    const path = "/apis/apps/v1/namespaces/default/deployments/halves";
    const spec = { selector: { matchLabels: { app: "x" } }, template: { metadata: { labels: { app: "x" } } } };
    const containers = [{ name: "web", image: "nginx" }];
    await apply(path, "one", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "halves", labels: { a: "1" } },
      spec: { ...spec, template: { ...spec.template, spec: { containers } } },
    });
    const both = { metadata: { labels: { a: "2" }, annotations: { b: "1" } }, spec: { replicas: 7 } };
    const { json } = await rest(admin, "PATCH", `${path}/status?fieldManager=two`, {
      body: { ...both, status: { observedGeneration: 1 } },
      contentType: MERGE,
    });
    const { metadata } = json as unknown as Applied;
    assert.deepEqual(metadata.labels, { a: "1" });
    assert.deepEqual(
      metadata.managedFields?.map(({ manager, subresource = "" }) => [manager, subresource]),
      [
        ["one", ""],
        ["two", "status"],
      ],
    );
    assert.deepEqual(metadata.managedFields?.[1]?.fieldsV1, {
      "f:metadata": { "f:annotations": { ".": {}, "f:b": {} } },
      "f:status": { "f:observedGeneration": {} },
    });
  });

  it("merges lists by their keys, with defaults in place", async () => {
    const path = "/apis/apps/v1/namespaces/default/deployments/listed";
    const deployment = (container: object) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "listed" },
      spec: {
        selector: { matchLabels: { app: "x" } },
        template: { metadata: { labels: { app: "x" } }, spec: { containers: [container] } },
      },
    });
    const web = { name: "web", image: "nginx", ports: [{ containerPort: 80 }] };
    assert.equal((await apply(path, "one", deployment(web))).code, 201);
    const sidecar = await apply(path, "two", deployment({ name: "sidecar", image: "log" }));
    const { spec, metadata } = sidecar.json as unknown as Applied;
    assert.deepEqual(
      spec?.template.spec.containers.map((container) => (container as { name: string }).name),
      ["web", "sidecar"],
    );
    assert.ok(JSON.stringify(metadata.managedFields).includes('k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}'));
    const gone = await apply(path, "two", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "listed" },
    });
    assert.equal((gone.json as unknown as Applied).spec?.template.spec.containers.length, 1);
  });

  it("refuses what is no configuration", async () => {
    const path = configMapPath("bad");
    const cases: readonly [string, object, number, RegExp][] = [
      [
        "",
        configMap("bad", {}),
        422,
        /PatchOptions\.meta\.k8s\.io "" is invalid: fieldManager: Required value: is required for apply patch/,
      ],
      ["one", { metadata: { name: "bad" } }, 400, /apiVersion and kind must be set/],
      ["one", { ...configMap("bad", {}), kind: "Secret" }, 400, /Incorrect version specified in apply patch/],
      ["one", { ...configMap("bad", {}), nonsense: 1 }, 500, /\.nonsense: field not declared in schema/],
      ["one", configMap("other", {}), 400, /does not match the name on the URL/],
    ];
    for (const [manager, body, code, text] of cases) {
      const answer = await apply(path, manager, body);
      assert.equal(answer.code, code, answer.json.message);
      assert.match(answer.json.message ?? "", text);
    }
    assert.equal((await rest(admin, "GET", path)).code, 404);
    const forced = await rest(admin, "PATCH", `${configMapPath("owned")}?force=true`, { body: {}, contentType: MERGE });
    assert.match(forced.json.message ?? "", /force: Forbidden: may not be specified for non-apply patch/);
  });

  for (const [index, binary] of findKubectls().entries()) {
    describe(`through ${binary.name}`, () => {
      let kubectl: Kubectl;
      const manifest = (name: string, color: string) => JSON.stringify(configMap(`${name}-${index}`, { color }));

      before(async () => {
        const kubeconfig = await server.kubeconfig("rest", "kubernetes-admin", ["system:masters"]);
        kubectl = await Kubectl.create(binary, server.path(`home-${index}`), kubeconfig);
      });

      it("applies, shows differences, and tells of conflicts", async () => {
        assert.match(await kubectl.ok("apply --server-side -f -", manifest("cm", "blue")), /serverside-applied/);
        assert.equal((await kubectl.run("diff --server-side -f -", manifest("cm", "blue"))).code, 0);
        const difference = await kubectl.run("diff --server-side -f -", manifest("cm", "red"));
        assert.equal(difference.code, 1, difference.stderr);
        assert.match(difference.stdout, /^\+ {2}color: red$/m);
        const other = "apply --server-side --field-manager=other -f -";
        assert.match(await kubectl.fails(other, manifest("cm", "red")), /conflict with "kubectl".*: \.data\.color/);
        assert.match(await kubectl.ok(`${other} --force-conflicts`, manifest("cm", "red")), /serverside-applied/);
      });

      it("goes over from applying on the client's side", async () => {
        assert.match(await kubectl.ok("apply -f -", manifest("moved", "blue")), /created/);
        assert.match(await kubectl.ok("apply --server-side -f -", manifest("moved", "red")), /serverside-applied/);
        assert.equal(await kubectl.ok(`get cm moved-${index} -o jsonpath={.data.color}`), "red");
      });
    });
  }
});
