import assert from "node:assert/strict";
import { createServiceAccountKeys } from "@drydock/pki";
import { Registry as Metrics } from "prom-client";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { userOfCertificate } from "./client-certificate.ts";
import { ServiceAccountTokens } from "./service-account-tokens.ts";
import { createTokenMetrics } from "./token-metrics.ts";

describe("extended tokens", () => {
  let memory: MemoryRegistry;
  before(async () => {
    memory = await createMemoryRegistry();
  });
  after(() => memory.stop());

  it("that are used late are noted", async () => {
    const metadata = { name: "robot", namespace: "default" };
    const { metadata: made } = await memory.put("", "serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata,
    });
    const { privatePem, publicPem } = createServiceAccountKeys();
    const metrics = new Metrics();
    const tokens = new ServiceAccountTokens(
      {
        issuers: ["https://lab"],
        publicPems: [publicPem],
        privatePem,
        audiences: ["lab"],
        maxSeconds: 0,
        extendsExpiration: true,
        metrics: createTokenMetrics(metrics),
      },
      memory.registry,
    );
    const annotationsOf = async (warnAfterSeconds: number | undefined) => {
      const { uid = "" } = made as { uid?: string };
      const request = { ...metadata, uid, audiences: ["lab"], expirationSeconds: 600, bound: undefined };
      const token = await tokens.issue({ ...request, warnAfterSeconds, nowMs: Date.now() });
      const verdict = await tokens.authenticate(token, ["lab"]);
      assert.equal(verdict?.kind, "user");
      return verdict.annotations?.["authentication.k8s.io/stale-token"];
    };
    assert.equal(await annotationsOf(undefined), undefined);
    assert.equal(await annotationsOf(300), undefined);
    assert.match(
      String(await annotationsOf(-30)),
      /^subject: system:serviceaccount:default:robot, seconds after warning threshold: [34]\d$/,
    );
    const text = await metrics.metrics();
    assert.match(text, /^serviceaccount_stale_tokens_total 1$/m);
    assert.match(text, /^serviceaccount_valid_tokens_total 1$/m);
  });
});

describe("the user of a certificate", () => {
  const userOf = (subject: object) => userOfCertificate({ subject } as Parameters<typeof userOfCertificate>[0]);

  it("has the uid that the subject says, and is nobody with two", () => {
    const uid = "1.3.6.1.4.1.57683.2";
    assert.deepEqual(userOf({ CN: "jane", O: "a", [uid]: "u1" }), {
      name: "jane",
      uid: "u1",
      groups: ["a", "system:authenticated"],
    });
    assert.equal(userOf({ CN: "jane", [uid]: ["u1", "u2"] }), undefined);
    assert.equal(userOf({ [uid]: "u1" }), undefined);
  });
});
