import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createAuthority, issueCertificate, parseKubeconfig, renderKubeconfig } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { type RestAnswer, type RestPeer, rest } from "../loopback/rest.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const STRATEGIC = "application/strategic-merge-patch+json";
const MERGE = "application/merge-patch+json";
const JSON_PATCH = "application/json-patch+json";

const configMap = (name: string, rest: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  ...rest,
});

const deployment = (name: string, spec: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
    ...spec,
  },
});

/** Code, reason and message as a client sees them. */
const verdict = ({ code, json }: RestAnswer) => [code, json.reason, json.message];

describe("bad input", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;

  before(async function () {
    this.timeout(90_000);
    server = await startApiServer();
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    assert.equal((await rest(admin, "POST", DEPLOYMENTS, { body: deployment("web") })).code, 201);
    assert.equal(
      (await rest(admin, "POST", CONFIG_MAPS, { body: configMap("settings", { data: { a: "1" } }) })).code,
      201,
    );
  });

  after(async () => server?.stop());

  /** What is stored of the kinds that these tests try to write. */
  const stored = () => Promise.all(["configmaps/default/", "deployments/"].map((prefix) => server.countStored(prefix)));

  afterEach("nothing was stored and nothing broke", async () => {
    assert.deepEqual(await stored(), [1, 1]);
    assert.equal((await rest(admin, "GET", "/healthz")).code, 200);
  });

  const post = (body: string | Buffer | object, contentType?: string, path = CONFIG_MAPS) =>
    rest(admin, "POST", path, { body, contentType });

  describe("bodies", () => {
    it("refuses what is no JSON", async () => {
      assert.deepEqual(verdict(await post('{"apiVersion":')), [
        400,
        "BadRequest",
        `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({"apiVersion":)`,
      ]);
      const { code, json } = await post("nonsense");
      assert.deepEqual([code, json.reason], [400, "BadRequest"]);
      assert.match(
        json.message ?? "",
        /couldn't get version\/kind; json parse error: invalid character 'o' in literal null \(expecting 'u'\) \(6e6f6e73656e7365\)/,
      );
    });

    it("refuses what is no YAML", async () => {
      const { code, json } = await post("kind: ConfigMap\n\tmetadata: {", "application/yaml");
      assert.deepEqual([code, json.reason], [400, "BadRequest"]);
      assert.match(json.message ?? "", /unrecognized \(must be of type ConfigMap\): yaml: /);
    });

    it("refuses an empty body, and one of another kind or version", async () => {
      assert.match((await post("")).json.message ?? "", /unrecognized \(must be of type ConfigMap\).*\(<empty>\)/);
      assert.deepEqual(verdict(await post({ apiVersion: "v1", kind: "Secret", metadata: { name: "x" } })), [
        400,
        "BadRequest",
        'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (v1.ConfigMap): unknown conversion',
      ]);
      assert.deepEqual(verdict(await post({ apiVersion: "v2", kind: "ConfigMap", metadata: { name: "x" } })), [
        400,
        "BadRequest",
        "the API version in the data (v2) does not match the expected API version (v1)",
      ]);
    });

    it("refuses unknown and doubled fields when asked to be strict", async () => {
      const strict = `${DEPLOYMENTS}?fieldValidation=Strict`;
      assert.deepEqual(verdict(await post(deployment("x", { nonsense: 1 }), undefined, strict)), [
        400,
        "BadRequest",
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.nonsense"',
      ]);
      const doubled = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"}}';
      assert.deepEqual(verdict(await post(doubled, undefined, `${CONFIG_MAPS}?fieldValidation=Strict`)), [
        400,
        "BadRequest",
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a"',
      ]);
    });

    it("warns of unknown fields by default, and keeps quiet when told to ignore them", async () => {
      const dryRun = (extra: string) =>
        post(deployment("x", { nonsense: 1 }), undefined, `${DEPLOYMENTS}?dryRun=All${extra}`);
      const warned = await dryRun("");
      assert.deepEqual([warned.code, warned.headers["warning"]], [201, '299 - "unknown field \\"spec.nonsense\\""']);
      const ignored = await dryRun("&fieldValidation=Ignore");
      assert.deepEqual([ignored.code, ignored.headers["warning"]], [201, undefined]);
      const { code, json } = await dryRun("&fieldValidation=Maybe");
      assert.deepEqual([code, json.reason], [422, "Invalid"]);
      assert.match(
        json.message ?? "",
        /^CreateOptions\.meta\.k8s\.io "" is invalid: fieldValidation: Unsupported value: "Maybe": supported values: /,
      );
    });

    it("refuses values of the wrong type", async () => {
      assert.deepEqual(verdict(await post(deployment("x", { replicas: "three" }), undefined, DEPLOYMENTS)), [
        400,
        "BadRequest",
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
      ]);
      const { code, json } = await post(configMap("x", { data: { a: 1 } }));
      assert.deepEqual([code, json.reason], [400, "BadRequest"]);
      assert.match(
        json.message ?? "",
        /json: cannot unmarshal number into Go struct field ConfigMap\.data of type string/,
      );
    });

    it("refuses bodies that are too large, whether they say so or not", async () => {
      const large = Buffer.alloc(4 * 1024 * 1024, 0x20);
      assert.deepEqual(verdict(await post(large)), [
        413,
        "RequestEntityTooLarge",
        "Request entity too large: limit is 3145728",
      ]);
      const { code, json } = await post(configMap("x", { data: { a: "x".repeat(1_100_000) } }));
      assert.deepEqual([code, json.reason], [422, "Invalid"]);
      assert.match(
        json.message ?? "",
        /^ConfigMap "x" is invalid: \[\]: Too long: may not be more than 1048576 bytes$/,
      );
    });

    it("refuses media types it does not read or write", async () => {
      const cbor = await post("x", "application/cbor");
      assert.deepEqual([cbor.code, cbor.json.reason], [415, "UnsupportedMediaType"]);
      assert.match(
        cbor.json.message ?? "",
        /^the body of the request was in an unknown format - accepted media types include: application\/json/,
      );
      const unreadable = await rest(admin, "GET", CONFIG_MAPS, { headers: { Accept: "text/html" } });
      assert.deepEqual([unreadable.code, unreadable.json.reason], [406, "NotAcceptable"]);
    });
  });

  describe("objects", () => {
    it("refuses invalid names", async () => {
      assert.deepEqual(verdict(await post(configMap("Bad_Name"))), [
        422,
        "Invalid",
        `ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ]);
      assert.deepEqual(verdict(await post({ apiVersion: "v1", kind: "ConfigMap", metadata: {} })), [
        422,
        "Invalid",
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
      ]);
    });

    it("refuses another namespace than the path's, and one that does not exist", async () => {
      const elsewhere = { ...configMap("x"), metadata: { name: "x", namespace: "kube-system" } };
      assert.deepEqual(verdict(await post(elsewhere)), [
        400,
        "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request",
      ]);
      assert.deepEqual(verdict(await post(configMap("x"), undefined, "/api/v1/namespaces/nowhere/configmaps")), [
        404,
        "NotFound",
        'namespaces "nowhere" not found',
      ]);
    });

    it("names every mistake of an object", async () => {
      const bad = deployment("x", { replicas: -1, selector: { matchLabels: { app: "other" } } });
      const { code, json } = await post(bad, undefined, DEPLOYMENTS);
      assert.deepEqual([code, json.reason], [422, "Invalid"]);
      assert.deepEqual(
        json.details?.causes?.map(({ field, reason }) => [field, reason]),
        [
          ["spec.replicas", "FieldValueInvalid"],
          ["spec.template.metadata.labels", "FieldValueInvalid"],
        ],
      );
      assert.match(json.message ?? "", /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/);
    });

    it("refuses to change an immutable selector", async () => {
      const selector = { matchLabels: { app: "other" } };
      const body = { spec: { selector, template: { metadata: { labels: { app: "other" } } } } };
      const answer = await rest(admin, "PATCH", `${DEPLOYMENTS}/web`, { body, contentType: MERGE });
      assert.deepEqual(verdict(answer), [
        422,
        "Invalid",
        'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
      ]);
    });

    it("refuses a stale resourceVersion, a wrong uid and a name twice", async () => {
      const path = `${CONFIG_MAPS}/settings`;
      const stale = { ...configMap("settings"), metadata: { name: "settings", resourceVersion: "1" } };
      assert.deepEqual(verdict(await rest(admin, "PUT", path, { body: stale })), [
        409,
        "Conflict",
        'Operation cannot be fulfilled on configmaps "settings": the object has been modified; please apply your changes to the latest version and try again',
      ]);
      const stalePatch = { metadata: { resourceVersion: "1" }, data: { a: "2" } };
      assert.equal((await rest(admin, "PATCH", path, { body: stalePatch, contentType: MERGE })).code, 409);
      const preconditions = { preconditions: { uid: "someone-else" } };
      const deletion = await rest(admin, "DELETE", path, { body: preconditions });
      assert.deepEqual([deletion.code, deletion.json.reason], [409, "Conflict"]);
      assert.match(
        deletion.json.message ?? "",
        /the UID in the precondition \(someone-else\) does not match the UID in record/,
      );
      assert.deepEqual(verdict(await post(configMap("settings"))), [
        409,
        "AlreadyExists",
        'configmaps "settings" already exists',
      ]);
      const { json } = await rest(admin, "GET", path);
      assert.deepEqual(json["data"], { a: "1" });
    });
  });

  describe("patches", () => {
    const patch = (body: string | object, contentType: string) =>
      rest(admin, "PATCH", `${CONFIG_MAPS}/settings`, { body, contentType });

    it("refuses types there are not, and documents that are none", async () => {
      const { code, json } = await patch("{}", "application/json");
      assert.deepEqual([code, json.reason], [415, "UnsupportedMediaType"]);
      for (const type of [STRATEGIC, MERGE, JSON_PATCH]) {
        assert.deepEqual((await patch("{", type)).json.reason, "BadRequest", type);
        assert.deepEqual((await patch('"text"', type)).json.reason, "BadRequest", type);
      }
    });

    it("refuses JSON patches that do not fit", async () => {
      const test = await patch([{ op: "test", path: "/data/a", value: "9" }], JSON_PATCH);
      assert.deepEqual([test.code, test.json.reason], [422, "Invalid"]);
      const missing = await patch([{ op: "remove", path: "/data/none" }], JSON_PATCH);
      assert.deepEqual([missing.code, missing.json.reason], [422, "Invalid"]);
      const unknown = await patch([{ op: "frobnicate", path: "/data" }], JSON_PATCH);
      assert.ok([400, 422].includes(unknown.code), String(unknown.code));
      assert.deepEqual((await rest(admin, "GET", `${CONFIG_MAPS}/settings`)).json["data"], { a: "1" });
    });

    it("refuses to patch what is not there", async () => {
      const answer = await rest(admin, "PATCH", `${CONFIG_MAPS}/none`, { body: {}, contentType: MERGE });
      assert.deepEqual(verdict(answer), [404, "NotFound", 'configmaps "none" not found']);
    });
  });

  describe("queries and paths", () => {
    const get = (path: string) => rest(admin, "GET", path);

    it("refuses selectors that are none", async () => {
      const label = await get(`${CONFIG_MAPS}?labelSelector=a%20b`);
      assert.deepEqual([label.code, label.json.reason], [400, "BadRequest"]);
      assert.match(label.json.message ?? "", /unable to parse requirement|found 'b'/);
      assert.deepEqual(verdict(await get(`${CONFIG_MAPS}?fieldSelector=data.a%3Db`)), [
        400,
        "BadRequest",
        '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
      ]);
    });

    it("refuses continue tokens and versions that are none", async () => {
      const token = await get(`${CONFIG_MAPS}?limit=1&continue=nonsense`);
      assert.deepEqual([token.code, token.json.reason], [400, "BadRequest"]);
      assert.match(token.json.message ?? "", /continue key is not valid/);
      const version = await get(`${CONFIG_MAPS}?resourceVersion=abc`);
      assert.ok(version.code >= 400 && version.code < 500, String(version.code));
      const limit = await get(`${CONFIG_MAPS}?limit=-1`);
      assert.ok(limit.code < 500, String(limit.code));
    });

    it("refuses paths, objects and methods there are not", async () => {
      assert.deepEqual(verdict(await get("/apis/apps/v1/things")), [
        404,
        "NotFound",
        "the server could not find the requested resource",
      ]);
      // Of a group that is not there nobody knows more than of any other path.
      for (const path of ["/apis/nothing.example.com/v1/things", "/nonsense"])
        assert.deepEqual(verdict(await get(path)), [404, undefined, undefined], path);
      assert.deepEqual(verdict(await get(`${CONFIG_MAPS}/none`)), [404, "NotFound", 'configmaps "none" not found']);
      const method = await rest(admin, "PUT", CONFIG_MAPS, { body: configMap("x") });
      assert.deepEqual([method.code, method.json.reason], [405, "MethodNotAllowed"]);
    });
  });

  describe("identities", () => {
    const anonymous = () => ({ server: server.restUrl, caPem: server.caPem });

    it("lets nobody see more than the health paths", async () => {
      assert.deepEqual(verdict(await rest(anonymous(), "GET", CONFIG_MAPS)), [
        403,
        "Forbidden",
        'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"',
      ]);
      assert.equal((await rest(anonymous(), "GET", "/livez")).code, 200);
    });

    it("does not know tokens and certificates of others", async () => {
      const unauthorized = [401, "Unauthorized", "Unauthorized"];
      const token = await rest(anonymous(), "GET", CONFIG_MAPS, { headers: { Authorization: "Bearer nonsense" } });
      assert.deepEqual(verdict(token), unauthorized);
      const stranger = await issueCertificate(await createAuthority("kubernetes"), {
        commonName: "kubernetes-admin",
        organizations: ["system:masters"],
        usages: ["client"],
      });
      assert.deepEqual(verdict(await rest({ ...anonymous(), ...stranger }, "GET", CONFIG_MAPS)), unauthorized);
    });

    it("tells a user without the right what is missing", async () => {
      const jane = await server.connection("rest", "jane", ["developers"]);
      assert.deepEqual(verdict(await rest(jane, "POST", CONFIG_MAPS, { body: configMap("x") })), [
        403,
        "Forbidden",
        'configmaps is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "default"',
      ]);
      assert.deepEqual(verdict(await rest(jane, "GET", "/api/v1/nodes/node-1")), [
        403,
        "Forbidden",
        'nodes "node-1" is forbidden: User "jane" cannot get resource "nodes" in API group "" at the cluster scope',
      ]);
      const headers = { "Impersonate-User": "kubernetes-admin", "Impersonate-Group": "system:masters" };
      const disguised = await rest(jane, "GET", CONFIG_MAPS, { headers });
      assert.deepEqual(verdict(disguised), [
        403,
        "Forbidden",
        'configmaps is forbidden: User "jane" cannot impersonate-on:user-info:list resource "configmaps" in API group "" in the namespace "default"',
      ]);
    });
  });

  for (const [index, binary] of findKubectls().entries()) {
    describe(`through ${binary.name}`, () => {
      let kubectl: Kubectl;
      let jane: Kubectl;
      const create = async (home: string, user: string, groups: string[]) =>
        Kubectl.create(binary, server.path(`${home}-${index}`), await server.kubeconfig("rest", user, groups));

      before(async () => {
        kubectl = await create("admin", "kubernetes-admin", ["system:masters"]);
        jane = await create("jane", "jane", []);
      });

      it("is told of unknown fields before or by the server", async () => {
        const text = JSON.stringify(deployment("x", { nonsense: 1 }));
        assert.match(
          await kubectl.fails("apply -f -", text),
          /ValidationError\(Deployment\.spec\): unknown field "nonsense" in io\.k8s\.api\.apps\.v1\.DeploymentSpec|strict decoding error: unknown field "spec\.nonsense"/,
        );
      });

      it("is told of wrong types, bad names, immutable fields and bad YAML", async () => {
        assert.match(
          await kubectl.fails("apply -f -", JSON.stringify(deployment("x", { replicas: "three" }))),
          /invalid type for io\.k8s\.api\.apps\.v1\.DeploymentSpec\.replicas: got "string", expected "integer"|cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/,
        );
        assert.match(
          await kubectl.fails("create configmap Bad_Name"),
          /a lowercase RFC 1123 subdomain must consist of/,
        );
        const selector = { matchLabels: { app: "other" } };
        const changed = deployment("web", {
          selector,
          template: { metadata: { labels: { app: "other" } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
        });
        assert.match(
          await kubectl.fails("apply -f -", JSON.stringify(changed)),
          /spec\.selector: Invalid value: .*: field is immutable/,
        );
        assert.match(await kubectl.fails("apply -f -", "kind: ConfigMap\n\tmetadata: {"), /error (parsing|converting)/);
      });

      it("is told that it may not", async () => {
        assert.equal(
          await jane.fails("get configmaps"),
          'Error from server (Forbidden): configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
        );
      });

      it("is told to log in when nobody vouches for it", async () => {
        const config = parseKubeconfig(await readFile(await server.kubeconfig("rest", "nobody"), "utf8"));
        const users = config.users?.map(({ name }) => ({ name, user: { token: "nonsense" } }));
        await writeFile(server.path("nobody.conf"), renderKubeconfig({ ...config, users }));
        const nobody = await Kubectl.create(binary, server.path(`nobody-${index}`), server.path("nobody.conf"));
        assert.match(await nobody.fails("get configmaps"), /You must be logged in to the server/);
      });
    });
  }
});
