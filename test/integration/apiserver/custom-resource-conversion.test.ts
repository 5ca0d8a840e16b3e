import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";

interface Endpoint {
  apiVersion: string;
  metadata: { name: string; labels?: Record<string, string>; resourceVersion: string };
  spec: { host?: string; port?: string; hostPort?: string };
}

/** v1 has host and port, v2 both in one. */
function convert(object: Endpoint, apiVersion: string): Endpoint {
  const { host, port, hostPort } = object.spec;
  const spec = apiVersion.endsWith("/v1")
    ? { host: hostPort?.split(":")[0] ?? "", port: hostPort?.split(":")[1] ?? "" }
    : { hostPort: `${host}:${port}` };
  return { ...object, apiVersion, spec };
}

const schema = (...fields: string[]) =>
  `schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {${fields.map((field) => `${field}: {type: string}`).join(", ")}}}}}}`;

const definition = (url: string, caBundle: string, stored: "v1" | "v2") => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: endpoints.net.example.com}
spec:
  group: net.example.com
  scope: Namespaced
  names: {plural: endpoints, kind: Endpoint}
  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [v1]
      clientConfig: {url: ${url}, caBundle: ${caBundle}}
  versions:
  - {name: v1, served: true, storage: ${stored === "v1"}, ${schema("host", "port")}}
  - {name: v2, served: true, storage: ${stored === "v2"}, ${schema("hostPort")}}
`;

describe("a conversion webhook, for the real kubectl", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let kubectl: Kubectl;
  let webhook: Server;
  let caBundle: string;
  let url: string;
  /** What the webhook answers instead of converting. */
  let refusal: string | undefined;
  let reviews = 0;

  before(async () => {
    server = await startApiServer();
    const binary = findKubectls()[0];
    assert.ok(binary);
    kubectl = await Kubectl.create(
      binary,
      server.path("home"),
      await server.kubeconfig("rest", "admin", ["system:masters"]),
    );
    const authority = await createAuthority("webhooks");
    const pair = await issueCertificate(authority, {
      commonName: "webhook",
      usages: ["server"],
      subjectAltNames: ["127.0.0.1"],
    });
    caBundle = Buffer.from(authority.certPem).toString("base64");
    webhook = createServer({ cert: pair.certPem, key: pair.keyPem }, (request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        reviews++;
        const { uid, desiredAPIVersion, objects } = JSON.parse(text).request;
        const result = refusal === undefined ? { status: "Success" } : { status: "Failed", message: refusal };
        const convertedObjects =
          refusal === undefined ? objects.map((object: Endpoint) => convert(object, desiredAPIVersion)) : [];
        response.setHeader("Content-Type", "application/json");
        response.end(
          JSON.stringify({
            apiVersion: "apiextensions.k8s.io/v1",
            kind: "ConversionReview",
            response: { uid, result, convertedObjects },
          }),
        );
      });
    });
    await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
    url = `https://127.0.0.1:${(webhook.address() as AddressInfo).port}/convert`;
    await kubectl.ok("create -f -", definition(url, caBundle, "v1"));
    await kubectl.ok("wait --for condition=Established --timeout=10s crd/endpoints.net.example.com");
  });

  after(async () => {
    webhook?.close();
    await server?.stop();
  });

  const read = async (version: string, name: string) =>
    JSON.parse(await kubectl.ok(`get endpoints.${version}.net.example.com ${name} -o json`)) as Endpoint;

  it("shows an object in either version, and takes it in either", async () => {
    await kubectl.ok(
      "create -f -",
      "apiVersion: net.example.com/v1\nkind: Endpoint\nmetadata: {name: a}\nspec: {host: h, port: '80'}\n",
    );
    assert.deepEqual((await read("v2", "a")).spec, { hostPort: "h:80" });
    await kubectl.ok(
      "create -f -",
      "apiVersion: net.example.com/v2\nkind: Endpoint\nmetadata: {name: b, labels: {x: some}}\nspec: {hostPort: 'i:81'}\n",
    );
    const stored = await read("v1", "b");
    assert.deepEqual([stored.spec, stored.metadata.labels], [{ host: "i", port: "81" }, { x: "some" }]);
    await kubectl.ok([
      "patch",
      "endpoints.v2.net.example.com",
      "b",
      "--type=merge",
      "-p",
      '{"spec":{"hostPort":"j:82"}}',
    ]);
    assert.deepEqual((await read("v1", "b")).spec, { host: "j", port: "82" });
  });

  it("asks the webhook what managers own that speak the other version", async () => {
    const apply = (manifest: string, manager: string, more = "") =>
      kubectl.run(`apply --server-side --field-manager=${manager}${more} -f -`, manifest);
    const v1 = "apiVersion: net.example.com/v1\nkind: Endpoint\nmetadata: {name: c}\nspec: {host: h, port: '80'}\n";
    const v2 = "apiVersion: net.example.com/v2\nkind: Endpoint\nmetadata: {name: c}\nspec: {hostPort: 'h:81'}\n";
    const first = await apply(v1, "one");
    assert.equal(first.code, 0, first.stderr);
    const refused = await apply(v2, "two");
    assert.match(refused.stderr, /Apply failed with 1 conflict: conflict with "one": \.spec\.port/);
    assert.equal((await apply(v2, "two", " --force-conflicts")).code, 0);
    const { metadata } = JSON.parse(
      await kubectl.ok("get endpoints.v1.net.example.com c -o json --show-managed-fields"),
    ) as { metadata: { managedFields: { manager: string; apiVersion: string; fieldsV1: object }[] } };
    assert.deepEqual(
      metadata.managedFields.map(({ manager, apiVersion, fieldsV1 }) => [manager, apiVersion, fieldsV1]),
      [
        ["one", "net.example.com/v1", { "f:spec": { "f:host": {} } }],
        ["two", "net.example.com/v2", { "f:spec": { "f:hostPort": {} } }],
      ],
    );
    await kubectl.ok("delete endpoints.v1.net.example.com c");
  });

  it("converts a list with one review, and what is known already with none", async () => {
    const before = reviews;
    const list = JSON.parse(await kubectl.ok("get endpoints.v2.net.example.com -o json")) as { items: Endpoint[] };
    assert.deepEqual(
      list.items.map(({ spec }) => spec.hostPort),
      ["h:80", "j:82"],
    );
    assert.ok(reviews - before <= 1, `${reviews - before} reviews`);
  });

  it("converts what a watch sends, in order, and ends it when the definition changes", async () => {
    const watch = kubectl.start("get endpoints.v2.net.example.com --watch-only -o jsonpath={.spec.hostPort}{'\\n'}");
    let seen = "";
    watch.stdout?.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
    });
    const ended = new Promise((resolve) => watch.once("exit", resolve));
    let port = 1000;
    await eventually("the watch shows a change", async () => {
      await kubectl.ok([
        "patch",
        "endpoints.v1.net.example.com",
        "a",
        "--type=merge",
        "-p",
        `{"spec":{"port":"${port++}"}}`,
      ]);
      return /h:\d+/.test(seen);
    });
    await kubectl.ok("apply -f -", definition(url, caBundle, "v2"));
    await ended;
  });

  it("notes that another version is stored now", async () => {
    const stored = await kubectl.ok("get crd endpoints.net.example.com -o jsonpath={.status.storedVersions}");
    assert.deepEqual(JSON.parse(stored), ["v1", "v2"]);
    assert.match((await read("v2", "a")).spec.hostPort ?? "", /^h:/);
  });

  it("tells why a conversion failed", async () => {
    refusal = "not today";
    const { code, stderr } = await kubectl.run(
      "create -f -",
      "apiVersion: net.example.com/v1\nkind: Endpoint\nmetadata: {name: c}\nspec: {host: h}\n",
    );
    refusal = undefined;
    assert.equal(code, 1);
    assert.match(stderr, /conversion webhook for net.example.com\/v1, Kind=Endpoint failed: not today/);
  });
});
