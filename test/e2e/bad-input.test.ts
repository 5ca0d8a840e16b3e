import assert from "node:assert/strict";
import { callApi, kubectl, tryKubectl, useNamespace } from "./lab.ts";

const NAMESPACE = "bad-input";
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;

interface Status {
  kind: string;
  status: string;
  reason: string;
  message: string;
  code: number;
}

describe("bad input", () => {
  useNamespace(NAMESPACE);

  /** What a request is refused with; its status code stands in the body too. */
  async function refusal(path: string, call: Parameters<typeof callApi>[2] = {}, as = "admin"): Promise<Status> {
    const { status, body } = await callApi(path, as, call);
    const answer = JSON.parse(body) as Status;
    assert.equal(answer.kind, "Status", body);
    assert.equal(answer.code, status, body);
    return answer;
  }
  const post = (body: unknown, path = CONFIG_MAPS) =>
    refusal(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
  const configMap = (name: string, more: object = {}) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    ...more,
  });

  it("malformed JSON and YAML", async () => {
    const json = await post('{"apiVersion": "v1", ');
    assert.deepEqual([json.code, json.reason], [400, "BadRequest"]);
    assert.match(json.message, /couldn't get version\/kind; json parse error: unexpected end of JSON input/);
    const yaml = await tryKubectl(`apply -n ${NAMESPACE} -f -`, { input: "a: b: c\n" });
    assert.notEqual(yaml.code, 0);
    assert.match(yaml.stderr, /error parsing|error converting YAML to JSON/);
  });

  it("unknown fields", async () => {
    const strict = await post(configMap("unknown", { dat: { a: "b" } }), `${CONFIG_MAPS}?fieldValidation=Strict`);
    assert.deepEqual([strict.code, strict.reason], [400, "BadRequest"]);
    assert.equal(
      strict.message,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat"',
    );
  });

  it("wrong types", async () => {
    const wrong = await post(configMap("wrong", { data: { a: 1 } }));
    assert.deepEqual([wrong.code, wrong.reason], [400, "BadRequest"]);
    assert.match(
      wrong.message,
      /ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap\.data of type string/,
    );
  });

  it("bodies that are too large", async () => {
    const large = await post(configMap("large", { data: { a: "x".repeat(3 * 1024 * 1024 + 1) } }));
    assert.deepEqual([large.code, large.reason], [413, "RequestEntityTooLarge"]);
    assert.match(large.message, /^Request entity too large: limit is 3145728$/);
    const tooMuch = await post(configMap("large", { data: { a: "x".repeat(1024 * 1024 + 1) } }));
    assert.deepEqual([tooMuch.code, tooMuch.reason], [422, "Invalid"]);
    assert.match(tooMuch.message, /Too long: may not be more than 1048576 bytes/);
  });

  it("invalid names", async () => {
    const invalid = await post(configMap("Not_Valid"));
    assert.deepEqual([invalid.code, invalid.reason], [422, "Invalid"]);
    assert.match(
      invalid.message,
      /^ConfigMap "Not_Valid" is invalid: metadata\.name: Invalid value: "Not_Valid": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '\.'/,
    );
  });

  it("a changed immutable selector", async () => {
    await kubectl(`create deployment fixed --image=nginx --replicas=0 -n ${NAMESPACE}`);
    const changed = await tryKubectl([
      ...`patch deployment fixed -n ${NAMESPACE} --type=json -p`.split(" "),
      '[{"op":"add","path":"/spec/selector/matchLabels/x","value":"y"},{"op":"add","path":"/spec/template/metadata/labels/x","value":"y"}]',
    ]);
    assert.equal(changed.code, 1);
    assert.match(
      changed.stderr,
      /The Deployment "fixed" is invalid: spec\.selector: Invalid value: [\s\S]*: field is immutable/,
    );
  });

  it("a stale resourceVersion", async () => {
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/fixed`;
    const { body } = await callApi(path, "admin");
    const object = JSON.parse(body);
    object.metadata.resourceVersion = "1";
    const stale = await refusal(path, { method: "PUT", body: JSON.stringify(object) });
    assert.deepEqual([stale.code, stale.reason], [409, "Conflict"]);
    assert.equal(
      stale.message,
      'Operation cannot be fulfilled on deployments.apps "fixed": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it("no certificate, and a role without the right", async () => {
    const nobody = await refusal(CONFIG_MAPS, {}, "nobody");
    assert.ok(
      (nobody.code === 401 && nobody.reason === "Unauthorized" && nobody.message === "Unauthorized") ||
        (nobody.code === 403 && /User \\?"system:anonymous\\?" cannot list resource/.test(nobody.message)),
      JSON.stringify(nobody),
    );
    assert.equal((await refusal(CONFIG_MAPS, {}, "no-token")).code, 401);
    const forbidden = await tryKubectl(`create configmap mine --from-literal=a=b -n ${NAMESPACE} --as=jane`);
    assert.match(
      forbidden.stderr,
      /configmaps is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "bad-input"/,
    );
  });

  it("a kind that is not there, and a path that is not there", async () => {
    // Older clients look for custom resources before they validate: without validation all of them say the same.
    const kind = await tryKubectl(`apply -n ${NAMESPACE} --validate=false -f -`, {
      input: "apiVersion: v1\nkind: Nonsense\nmetadata: { name: a }\n",
    });
    assert.match(kind.stderr, /no matches for kind "Nonsense" in version "v1"/);
    const path = await refusal("/apis/apps/v1/nonsense");
    assert.deepEqual([path.code, path.reason], [404, "NotFound"]);
  });

  it("leaves nothing behind", async () => {
    const names = await kubectl(`get configmaps,deployments -n ${NAMESPACE} -o name`);
    assert.deepEqual(names.trim().split("\n").sort(), ["configmap/kube-root-ca.crt", "deployment.apps/fixed"]);
  });
});
