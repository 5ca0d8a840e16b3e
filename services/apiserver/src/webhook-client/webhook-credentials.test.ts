import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { webhookCredentials } from "./webhook-credentials.ts";

describe("who the server is to a webhook", () => {
  let directory: string;
  const kubeconfig = `
users:
- {name: hook.ns.svc, user: {token: close}}
- {name: "hook.ns.svc:8443", user: {tokenFile: token}}
- {name: "*.example.com", user: {username: u, password: p}}
- {name: "*", user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}}
`;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "drydock-hooks-"));
    writeFileSync(join(directory, "config"), kubeconfig);
    writeFileSync(join(directory, "token"), "of the port\n");
  });
  after(() => rmSync(directory, { recursive: true }));

  const configured = (kubeConfigFile: string) =>
    webhookCredentials("ValidatingAdmissionWebhook", {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "WebhookAdmissionConfiguration",
      kubeConfigFile,
    });

  it("is what the closest name says", () => {
    const of = configured(join(directory, "config"));
    assert.deepEqual(of("hook.ns.svc:443"), { authorization: "Bearer close" });
    assert.deepEqual(of("hook.ns.svc:8443"), { authorization: "Bearer of the port" });
    assert.deepEqual(of("a.b.example.com:443"), { authorization: "Basic dTpw" });
    assert.deepEqual(of("elsewhere:443"), { cert: "cert", key: "key" });
  });

  it("is nobody where nothing is said, and what is said must be sound", () => {
    assert.deepEqual(webhookCredentials("x", undefined)("a:443"), {});
    assert.throws(() => configured("relative"), /kubeConfigFile must be an absolute path, got: "relative"/);
    assert.throws(() => webhookCredentials("x", { kind: "Nope" }), /no kind "Nope" is registered/);
  });
});
