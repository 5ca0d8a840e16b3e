import assert from "node:assert/strict";
import type { V1Secret, V1ServiceAccount } from "@drydock/kube-api";
import { createServiceAccountKeys } from "@drydock/pki";
import { Registry as Metrics } from "prom-client";
import { legacyTokens } from "../authentication/legacy-tokens.ts";
import { ServiceAccountTokens } from "../authentication/service-account-tokens.ts";
import { createTokenMetrics } from "../authentication/token-metrics.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { LegacyTokenController, noteLastUse } from "./legacy-token-controller.ts";
import { filledSecret, planTokenSecrets, TOKEN_SECRET_TYPE } from "./plan-token-secrets.ts";

const account = { metadata: { name: "robot", namespace: "ns", uid: "u1" } } as V1ServiceAccount;
const secretOf = (annotations: Record<string, string>, data: Record<string, string> = {}): V1Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s", namespace: "ns", annotations },
  type: TOKEN_SECRET_TYPE,
  data,
});
const NAME = "kubernetes.io/service-account.name";
const UID = "kubernetes.io/service-account.uid";
const whole = { token: "dA==", "ca.crt": "Yw==", namespace: "bnM=" };

describe("the plan for Secrets with tokens", () => {
  for (const [what, secret, expected] of [
    ["fills a new one", secretOf({ [NAME]: "robot" }), ["fill"]],
    ["fills one that lost a part", secretOf({ [NAME]: "robot", [UID]: "u1" }, { token: "dA==" }), ["fill"]],
    ["leaves one that is whole", secretOf({ [NAME]: "robot", [UID]: "u1" }, whole), []],
    ["removes one of nobody", secretOf({ [NAME]: "gone" }), ["delete"]],
    ["removes one of another of the same name", secretOf({ [NAME]: "robot", [UID]: "u0" }, whole), ["delete"]],
    ["leaves other Secrets", { ...secretOf({ [NAME]: "gone" }), type: "Opaque" }, []],
  ] as const)
    it(what, () => {
      const plan = planTokenSecrets([secret], (_namespace, name) => (name === "robot" ? account : undefined));
      assert.deepEqual(
        plan.map(({ kind }) => kind),
        expected,
      );
    });

  it("keeps what is there", () => {
    const { data, metadata } = filledSecret(secretOf({ [NAME]: "robot" }, { token: "b2xk" }), account, {
      token: "new",
      caPem: "",
    });
    assert.deepEqual(data, { token: "b2xk", namespace: "bnM=" });
    assert.equal(metadata.annotations?.[UID], "u1");
  });
});

describe("tokens in Secrets", () => {
  let memory: MemoryRegistry;
  let tokens: ServiceAccountTokens;
  let controller: LegacyTokenController;
  const keys = createServiceAccountKeys();
  const metrics = createTokenMetrics(new Metrics());
  const used: string[] = [];

  before(async () => {
    memory = await createMemoryRegistry();
    const pems = { publicPems: [keys.publicPem], privatePem: keys.privatePem };
    const limits = { maxSeconds: 0, extendsExpiration: false };
    tokens = new ServiceAccountTokens(
      { issuers: ["https://lab"], audiences: ["lab"], ...pems, ...limits, metrics },
      memory.registry,
    );
    controller = new LegacyTokenController(memory.registry, tokens, { warn: () => {} } as never);
    controller.start();
    await memory.put("", "serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "robot", namespace: "default" },
    });
  });
  after(() => {
    controller.stop();
    memory.stop();
  });

  const stored = () => memory.registry.cached<V1Secret>(memory.registry.require("", "v1", "secrets"), "default", "s");
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  it("are filled in, and good for the API's own audiences until they are changed", async () => {
    const secret = secretOf({ [NAME]: "robot" });
    await memory.put("", "secrets", { ...secret, metadata: { ...secret.metadata, namespace: "default" } });
    await until(() => stored()?.data?.["token"] !== undefined);
    const token = Buffer.from(stored()?.data?.["token"] ?? "", "base64").toString();
    const legacy = legacyTokens({
      registry: memory.registry,
      tokens,
      apiAudiences: ["lab"],
      metrics,
      onUse: ({ metadata }) => void used.push(metadata.name),
    });
    const verdict = await legacy.authenticate(token, ["lab"]);
    assert.equal(verdict?.kind, "user");
    assert.deepEqual(verdict.user.name, "system:serviceaccount:default:robot");
    assert.deepEqual(verdict.annotations, {
      "authentication.k8s.io/legacy-token": "system:serviceaccount:default:robot",
      "authentication.k8s.io/legacy-token-manually-created-secret": "s",
    });
    assert.deepEqual(used, ["s"]);
    assert.equal(await legacy.authenticate(token, ["other"]), undefined);
    assert.equal(await legacy.authenticate("x.y.z", ["lab"]), undefined);
    const of = (secretName: string, uid: string) =>
      tokens.issueLegacy({ namespace: "default", name: "robot", uid, secret: secretName });
    const reasonOf = async (shown: string) => {
      const answer = await legacy.authenticate(shown, ["lab"]);
      return answer?.kind === "refused" ? answer.reason : answer;
    };
    assert.equal(await reasonOf(await of("none", "u")), "Token has been invalidated");
    assert.equal(await reasonOf(await of("s", "u")), "Token does not match server's copy");
    await noteLastUse(memory.registry, stored() as V1Secret, Date.UTC(2026, 4, 6));
    await until(() => stored()?.metadata.labels?.["kubernetes.io/legacy-token-last-used"] === "2026-05-06");
  });

  it("that were made automatically are good, with a warning", async () => {
    const metadata = { name: "older", namespace: "default" };
    const secrets = [{ name: "auto" }];
    await memory.put("", "serviceaccounts", { apiVersion: "v1", kind: "ServiceAccount", metadata, secrets });
    const secret = secretOf({ [NAME]: "older" });
    await memory.put("", "secrets", {
      ...secret,
      metadata: { ...secret.metadata, name: "auto", namespace: "default" },
    });
    const store = memory.registry.require("", "v1", "secrets");
    const tokenOf = () => memory.registry.cached<V1Secret>(store, "default", "auto")?.data?.["token"];
    await until(() => tokenOf() !== undefined);
    const token = Buffer.from(tokenOf() ?? "", "base64").toString();
    const options = { registry: memory.registry, tokens, apiAudiences: ["lab"], metrics, onUse: () => {} };
    const verdict = await legacyTokens(options).authenticate(token, ["lab"]);
    assert.equal(verdict?.kind, "user");
    assert.match(
      verdict.warning ?? "",
      /^Use tokens from the TokenRequest API or manually created secret-based tokens/,
    );
    assert.equal(verdict.annotations?.["authentication.k8s.io/legacy-token-autogenerated-secret"], "auto");
  });
});
