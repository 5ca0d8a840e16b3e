import assert from "node:assert/strict";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestAnswer, type RestPeer, type RestRequest, rest } from "../loopback/rest.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const JSON_PATCH = "application/json-patch+json";
const APPLY = "application/apply-patch+yaml";

const configMap = (name: string, rest: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  ...rest,
});

const verdict = ({ code, json }: RestAnswer) => [code, json.reason, json.message];

describe("writes", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;

  before(async () => {
    server = await startApiServer();
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    assert.equal((await send("POST", "", { body: configMap("a", { data: { x: "1" } }) })).code, 201);
  });

  after(async () => server?.stop());

  const send = (method: string, suffix: string, options: RestRequest = {}, peer = admin) =>
    rest(peer, method, `${CONFIG_MAPS}${suffix}`, options);
  const patch = (suffix: string, body: string | object, contentType: string, peer = admin) =>
    send("PATCH", suffix, { body, contentType }, peer);

  const allowPatching = async (name: string) => {
    const metadata = { name };
    const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["patch"] }];
    const group = "rbac.authorization.k8s.io";
    await rest(admin, "POST", `/apis/${group}/v1/clusterroles`, { body: { metadata, rules } });
    const roleRef = { apiGroup: group, kind: "ClusterRole", name };
    const subjects = [{ apiGroup: group, kind: "User", name }];
    const bound = await rest(admin, "POST", `/apis/${group}/v1/clusterrolebindings`, {
      body: { metadata, roleRef, subjects },
    });
    assert.equal(bound.code, 201);
  };

  it("strictly, fields that stand twice or are unknown are an error of the patch", async () => {
    const strict = "/a?fieldValidation=Strict";
    const twice = await patch(strict, '{"data":{"x":"2","x":"3"}}', MERGE);
    assert.deepEqual([twice.code, twice.json.reason], [422, "Invalid"]);
    assert.match(
      String(twice.json.message),
      /^ "" is invalid: patch: Invalid value: "\{.*\\"x\\":\\"3\\".*\}": strict decoding error: duplicate field "data\.x"$/,
    );
    assert.deepEqual(verdict(await patch(strict, '{"data":{"x":"2","x":"3"},"nope":1}', STRATEGIC)), [
      422,
      "Invalid",
      ' "" is invalid: patch: Invalid value: "map[data:map[x:3] nope:1]": strict decoding error: duplicate field "data.x", unknown field "nope"',
    ]);
    const operation = '[{"op":"add","path":"/data/y","value":"1","extra":1}]';
    assert.match(
      String((await patch(strict, operation, JSON_PATCH)).json.message),
      /json patch unknown field "\[0\]\.extra"$/,
    );
    const warned = await patch("/a", '{"data":{"x":"2","x":"3"}}', MERGE);
    assert.deepEqual([warned.code, warned.headers["warning"]], [200, '299 - "duplicate field \\"data.x\\""']);
  });

  it("keys that stand twice in YAML are told by their lines", async () => {
    const yaml = "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: b\n  name: c\n";
    const strict = await send("POST", "?fieldValidation=Strict&dryRun=All", {
      body: yaml,
      contentType: "application/yaml",
    });
    assert.deepEqual(verdict(strict), [
      400,
      "BadRequest",
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 5: key "name" already set in map',
    ]);
    const lenient = await send("POST", "?dryRun=All", { body: yaml, contentType: "application/yaml" });
    // A header cannot carry the text.
    assert.deepEqual([lenient.code, lenient.headers["warning"]], [201, undefined]);
    const applied = await patch(
      "/c?fieldManager=t&fieldValidation=Strict",
      yaml.replace("  name: b\n", "  name: c\n"),
      APPLY,
    );
    assert.deepEqual(verdict(applied), [
      400,
      "BadRequest",
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 5: key "name" already set in map',
    ]);
  });

  it("a manager's name is short and printable", async () => {
    const long = await send("POST", `?fieldManager=${"m".repeat(129)}`, { body: configMap("b") });
    assert.deepEqual(verdict(long), [
      422,
      "Invalid",
      'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
    ]);
    const bell = await send("PUT", "/a?fieldManager=x%07", { body: configMap("a") });
    assert.match(
      String(bell.json.message),
      /^UpdateOptions\.meta\.k8s\.io "" is invalid: fieldManager: Invalid value: "x\\a": invalid character U\+0007 \(at position 1\)$/,
    );
  });

  it("who applies what is not there must be allowed to create", async () => {
    await allowPatching("patcher");
    const patcher = await server.connection("rest", "patcher");
    const isAllowed = async () => (await patch("/a?fieldManager=t", configMap("a"), APPLY, patcher)).code === 200;
    await eventually("the role counts", isAllowed);
    const made = await patch("/made?fieldManager=t", configMap("made"), APPLY, patcher);
    assert.deepEqual(verdict(made), [
      403,
      "Forbidden",
      'configmaps "made" is forbidden: User "patcher" cannot create resource "configmaps" in API group "" in the namespace "default"',
    ]);
  });

  it("a name that is being deleted, owners named twice, an owner's uid", async () => {
    await send("POST", "", { body: configMap("held", { metadata: { name: "held", finalizers: ["example.com/f"] } }) });
    await send("DELETE", "/held");
    assert.deepEqual(verdict(await send("POST", "", { body: configMap("held") })), [
      409,
      "AlreadyExists",
      'object is being deleted: configmaps "held" already exists',
    ]);
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "u-1" };
    const owned = configMap("owned", { metadata: { name: "owned", ownerReferences: [owner, owner] } });
    const created = await send("POST", "", { body: owned });
    assert.match(String(created.headers["warning"]), /duplicate UID\(s\) observed: u-1"$/);
    const { ownerReferences } = created.json["metadata"] as { ownerReferences: object[] };
    assert.deepEqual(ownerReferences, [owner]);
    const other = await send("PUT", "/owned", { body: configMap("owned", { metadata: { name: "owned", uid: "x" } }) });
    assert.match(
      String(other.json.message),
      /^Operation cannot be fulfilled on configmaps "owned": StorageError: invalid object, Code: 4, Key: \/registry\/configmaps\/default\/owned, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: /,
    );
  });

  it("bad delete options are invalid, not bad requests", async () => {
    assert.deepEqual(verdict(await send("DELETE", "/a?propagationPolicy=Never")), [
      422,
      "Invalid",
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Never": supported values: "Foreground", "Background", "Orphan", "nil"',
    ]);
    const both = await send("DELETE", "/a", { body: { orphanDependents: true, propagationPolicy: "Orphan" } });
    assert.match(String(both.json.message), /orphanDependents and deletionPropagation cannot be both set$/);
    const stale = await send("DELETE", "/a", { body: { preconditions: { resourceVersion: "1" } } });
    assert.match(String(stale.json.message), /the ResourceVersion in the precondition \(1\) does not match/);
  });
});
