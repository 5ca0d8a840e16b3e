import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const POLICY = `
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- { level: Metadata, resources: [{ group: "", resources: [secrets] }] }
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

describe("security", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-audit-"));
    await writeFile(join(directory, "policy.yaml"), POLICY);
    const flags = [
      `--audit-policy-file=${join(directory, "policy.yaml")}`,
      `--audit-log-path=${join(directory, "audit.log")}`,
    ];
    server = await startApiServer({ flags });
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
  });

  after(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const events = async (auditId: unknown): Promise<AuditedEvent[]> =>
    (await readFile(join(directory, "audit.log"), "utf8"))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as AuditedEvent)
      .filter(({ auditID }) => auditID === auditId);

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
    const [only] = await events(refused.headers["audit-id"]);
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
});
