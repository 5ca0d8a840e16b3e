import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configMaps } from "@drydock/kube-api";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const POLICY = `
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- { level: Metadata, resources: [{ group: "", resources: [secrets] }] }
- { level: Metadata, resources: [{ group: "", resources: [pods] }], omitStages: [RequestReceived] }
- { level: RequestResponse, omitManagedFields: true, resources: [{ group: "", resources: [configmaps] }] }
- { level: None }
`;

interface AuditedEvent {
  readonly auditID: string;
  readonly level: string;
  readonly stage: string;
  readonly user: { readonly username?: string };
  readonly impersonatedUser?: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly name?: string };
  readonly responseStatus?: { readonly code: number; readonly reason?: string };
  readonly requestObject?: { readonly data?: object };
  readonly responseObject?: { readonly metadata: object };
  readonly annotations?: Readonly<Record<string, string>>;
}

const ADMISSION = `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: { enforce: baseline }
    exemptions: { usernames: [exempt] }
`;

const kubeconfigOf = (url: string) =>
  JSON.stringify({
    clusters: [{ name: "w", cluster: { server: url } }],
    users: [],
    contexts: [{ name: "w", context: { cluster: "w", user: "" } }],
    "current-context": "w",
  });

describe("security", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;
  let directory: string;
  const sent: { readonly kind: string; readonly items: readonly AuditedEvent[] }[] = [];
  const webhook = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    sent.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.end();
  });

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-audit-"));
    await writeFile(join(directory, "policy.yaml"), POLICY);
    await writeFile(join(directory, "webhook.conf"), kubeconfigOf(await listenForEvents()));
    await writeFile(join(directory, "admission.yaml"), ADMISSION);
    const flags = [
      `--admission-control-config-file=${join(directory, "admission.yaml")}`,
      `--audit-webhook-config-file=${join(directory, "webhook.conf")}`,
      "--audit-webhook-batch-max-wait=200ms",
      `--audit-policy-file=${join(directory, "policy.yaml")}`,
      `--audit-log-path=${join(directory, "audit.log")}`,
    ];
    server = await startApiServer({ flags });
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
  });

  after(async () => {
    await server?.stop();
    webhook.close();
    webhook.closeAllConnections();
    await rm(directory, { recursive: true, force: true });
  });

  const listenForEvents = async (): Promise<string> => {
    webhook.listen(0, "127.0.0.1");
    await once(webhook, "listening");
    return `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/events`;
  };

  const written = async (auditId: unknown): Promise<AuditedEvent[]> =>
    (await readFile(join(directory, "audit.log"), "utf8"))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as AuditedEvent)
      .filter(({ auditID }) => auditID === auditId);

  /** The last is written when the client has its answer already. */
  const events = async (auditId: unknown, last = "ResponseComplete"): Promise<AuditedEvent[]> => {
    await eventually("the last event", async () => (await written(auditId)).at(-1)?.stage === last);
    return written(auditId);
  };

  it("a request is recorded with its bodies where the policy says so", async () => {
    const body = { metadata: { name: "seen" }, data: { a: "1" } };
    const { code, headers } = await rest(admin, "POST", "/api/v1/namespaces/default/configmaps", { body });
    const [received, complete, ...more] = await events(headers["audit-id"]);
    assert.deepEqual(
      [code, received?.stage, complete?.stage, more.length],
      [201, "RequestReceived", "ResponseComplete", 0],
    );
    assert.deepEqual([received?.requestObject, complete?.requestObject?.data], [undefined, { a: "1" }]);
    assert.deepEqual([complete?.objectRef?.name, complete?.responseStatus?.code], ["seen", 201]);
    assert.ok(!("managedFields" in (complete?.responseObject?.metadata ?? { managedFields: 0 })));
    assert.equal(complete?.annotations?.["authorization.k8s.io/decision"], "allow");
  });

  it("a secret's content is in no event of level Metadata", async () => {
    const body = { metadata: { name: "unseen" }, stringData: { a: "hidden-content" } };
    const { headers } = await rest(admin, "POST", "/api/v1/namespaces/default/secrets", { body });
    const [, complete] = await events(headers["audit-id"]);
    assert.deepEqual(
      [complete?.level, complete?.requestObject, complete?.responseObject],
      ["Metadata", undefined, undefined],
    );
    assert.ok(!(await readFile(join(directory, "audit.log"), "utf8")).includes("hidden-content"));
  });

  it("who is refused, and in whose name, is recorded", async () => {
    const path = "/api/v1/namespaces/default/secrets/unseen";
    const denied = await rest(admin, "GET", path, { headers: { "Impersonate-User": "eve", "Audit-Id": "mine" } });
    assert.deepEqual([denied.code, denied.headers["audit-id"]], [403, "mine"]);
    const complete = (await events("mine")).at(-1);
    assert.deepEqual(
      [complete?.user.username, complete?.impersonatedUser?.username, complete?.responseStatus?.reason],
      ["kubernetes-admin", "eve", "Forbidden"],
    );
    assert.equal(complete?.annotations?.["authorization.k8s.io/decision"], "forbid");
    const nobody = { server: server.restUrl, caPem: server.caPem };
    const refused = await rest(nobody, "GET", path, { headers: { Authorization: "Bearer bad" } });
    const [only] = await events(refused.headers["audit-id"], "ResponseStarted");
    assert.deepEqual(
      [refused.code, only?.stage, only?.user, only?.responseStatus?.code],
      [401, "ResponseStarted", {}, 401],
    );
  });

  it("what lasts is recorded when its answer begins", async () => {
    const path = "/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=1";
    const { headers } = await rest(admin, "GET", path);
    const stages = (await events(headers["audit-id"])).map(({ stage }) => stage);
    assert.deepEqual(stages, ["RequestReceived", "ResponseStarted", "ResponseComplete"]);
  });

  it("a webhook is sent the same, many at once", async () => {
    const body = { metadata: { name: "sent" } };
    const { headers } = await rest(admin, "POST", "/api/v1/namespaces/default/configmaps", { body });
    const found = () => sent.flatMap(({ items }) => items).filter(({ auditID }) => auditID === headers["audit-id"]);
    await eventually("both events have come", async () => found().length === 2);
    assert.deepEqual(found(), await events(headers["audit-id"]));
    assert.ok(sent.every(({ kind, items }) => kind === "EventList" && items.length > 0));
  });

  it("what components do is recorded too", async () => {
    await server.client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "own", namespace: "default" },
      data: { a: "1" },
    });
    const lines = (await readFile(join(directory, "audit.log"), "utf8")).split("\n").filter((line) => line !== "");
    const of = lines
      .map((line) => JSON.parse(line) as AuditedEvent)
      .filter(({ objectRef }) => objectRef?.name === "own");
    const complete = of.at(-1);
    assert.deepEqual(
      [complete?.stage, complete?.user.username, complete?.responseStatus?.code, complete?.requestObject?.data],
      ["ResponseComplete", "kubernetes-admin", 201, { a: "1" }],
    );
    assert.equal(complete?.annotations?.["authorization.k8s.io/decision"], "allow");
  });

  it("plugins are configured by a file", async () => {
    const spec = { hostNetwork: true, containers: [{ name: "c", image: "i" }] };
    const post = async (headers: Record<string, string>) => {
      const body = { metadata: { name: "host" }, spec: { ...spec, automountServiceAccountToken: false } };
      const answer = await rest(admin, "POST", "/api/v1/namespaces/default/pods?dryRun=All", { body, headers });
      const { annotations } = (await events(answer.headers["audit-id"])).at(-1) ?? {};
      return [
        answer.code,
        annotations?.["pod-security.kubernetes.io/enforce-policy"],
        annotations?.["pod-security.kubernetes.io/exempt"],
      ];
    };
    await rest(admin, "POST", "/api/v1/namespaces/default/serviceaccounts", {
      body: { metadata: { name: "default" } },
    });
    assert.deepEqual(await post({}), [403, "baseline:latest", undefined]);
    const exempt = { "Impersonate-User": "exempt", "Impersonate-Group": "system:masters" };
    assert.deepEqual(await post(exempt), [201, undefined, "user"]);
  });
});
