import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const DECIDED = "/api/v1/namespaces/default/configmaps/asked";

interface Asked {
  readonly kind: string;
  readonly spec: {
    readonly token?: string;
    readonly user?: string;
    readonly resourceAttributes?: Readonly<Record<string, unknown>>;
  };
}

/** An OIDC issuer and two webhooks behind one address. */
class Outside {
  readonly asked: Asked[] = [];
  #server: Server | undefined;
  caPem = "";
  url = "";

  async start(): Promise<void> {
    const authority = await createAuthority("outside-ca");
    const pair = await issueCertificate(authority, {
      commonName: "outside",
      subjectAltNames: ["127.0.0.1"],
      usages: ["server"],
    });
    this.caPem = authority.certPem;
    this.#server = createServer(
      { cert: pair.certPem, key: pair.keyPem },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.url = `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  kubeconfig(path: string): string {
    const ca = Buffer.from(this.caPem).toString("base64");
    return JSON.stringify({
      clusters: [{ name: "w", cluster: { server: `${this.url}${path}`, "certificate-authority-data": ca } }],
      users: [],
      contexts: [{ name: "w", context: { cluster: "w", user: "" } }],
      "current-context": "w",
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const send = (object: object) => response.end(JSON.stringify(object));
    if (request.url === "/.well-known/openid-configuration")
      return void send({ issuer: this.url, jwks_uri: `${this.url}/keys` });
    if (request.url === "/keys") {
      const key = { ...createPublicKey(privateKey).export({ format: "jwk" }), kid: "k1", use: "sig", alg: "RS256" };
      return void send({ keys: [key] });
    }
    if (request.url === "/groups") {
      const isKnown = request.headers.authorization === "Bearer key-1";
      return void response
        .writeHead(isKnown ? 200 : 403)
        .end(idToken({ iss: this.url, aud: "lab", exp: soon(), groups: ["far"] }));
    }
    const review = JSON.parse(body) as Asked;
    this.asked.push(review);
    send({ ...review, status: review.kind === "TokenReview" ? tokenStatus(review) : accessStatus(review) });
  }
}

const tokenStatus = ({ spec }: Asked) =>
  spec.token === "known-outside"
    ? { authenticated: true, user: { username: "visitor", uid: "5", groups: ["guests"], extra: { a: ["b"] } } }
    : { authenticated: false };

/** Joe may, Max may not whatever others say, of the rest nothing is known. */
const accessStatus = ({ spec }: Asked) =>
  spec.user === "joe"
    ? { allowed: true, reason: "joe may" }
    : { allowed: false, denied: spec.user === "max", reason: `asked about ${spec.user}` };

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const soon = () => Math.floor(Date.now() / 1000) + 600;

function idToken(claims: object): string {
  const encode = (object: object) => Buffer.from(JSON.stringify(object)).toString("base64url");
  const text = `${encode({ alg: "RS256", kid: "k1" })}.${encode(claims)}`;
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64url")}`;
}

describe("identities and decisions from outside", function () {
  this.timeout(60_000);
  const outside = new Outside();
  let server: ApiServer;
  let admin: RestPeer;
  let directory: string;

  before(async () => {
    await outside.start();
    directory = await mkdtemp(join(tmpdir(), "drydock-delegated-"));
    const path = (name: string) => join(directory, name);
    await writeFile(path("authentication.yaml"), authenticationFile());
    await writeFile(path("authorization.yaml"), authorizationFile(path("access.conf")));
    await writeFile(path("tokens.conf"), outside.kubeconfig("/tokens"));
    await writeFile(path("access.conf"), outside.kubeconfig("/access"));
    server = await startApiServer({
      flags: [
        `--authentication-config=${path("authentication.yaml")}`,
        `--authorization-config=${path("authorization.yaml")}`,
        `--authentication-token-webhook-config-file=${path("tokens.conf")}`,
        "--authentication-token-webhook-version=v1",
      ],
    });
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    await eventually("the server is ready", async () => (await rest(admin, "GET", "/readyz")).code === 200);
  });

  after(async () => {
    await server?.stop();
    outside.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const authenticationFile = () =>
    JSON.stringify({
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "AuthenticationConfiguration",
      anonymous: { enabled: true, conditions: ["/livez", "/readyz", "/healthz"].map((at) => ({ path: at })) },
      jwt: [
        {
          issuer: { url: outside.url, audiences: ["lab"], certificateAuthority: outside.caPem },
          claimMappings: {
            username: { expression: "'oidc:' + claims.sub" },
            groups: { claim: "groups", prefix: "oidc:" },
          },
          userValidationRules: [{ expression: "user.username != 'oidc:root'", message: "root stays out" }],
        },
      ],
    });

  const authorizationFile = (kubeConfigFile: string) =>
    JSON.stringify({
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "AuthorizationConfiguration",
      authorizers: [
        {
          type: "Webhook",
          name: "outside",
          webhook: {
            timeout: "3s",
            subjectAccessReviewVersion: "v1",
            matchConditionSubjectAccessReviewVersion: "v1",
            failurePolicy: "NoOpinion",
            connectionInfo: { type: "KubeConfigFile", kubeConfigFile },
            matchConditions: [
              { expression: "has(request.resourceAttributes) && request.resourceAttributes.name == 'asked'" },
            ],
          },
        },
        { type: "Node", name: "node" },
        { type: "RBAC", name: "rbac" },
      ],
    });

  const nobody = (): RestPeer => ({ server: server.restUrl, caPem: server.caPem });

  async function whoami(token: string): Promise<unknown> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await rest(nobody(), "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", { body, headers });
    return (answer.json["status"] as { userInfo?: object } | undefined)?.userInfo ?? answer.code;
  }

  async function whyNot(token: string): Promise<unknown> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
    const { json } = await rest(admin, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", { body });
    return (json["status"] as { error?: string }).error;
  }

  const claims = (change: object = {}) => ({ iss: outside.url, aud: "lab", sub: "jane", exp: soon(), ...change });

  it("an ID token is the user that its claims say", async () => {
    assert.deepEqual(await whoami(idToken(claims({ groups: ["devs"] }))), {
      username: "oidc:jane",
      groups: ["oidc:devs", "system:authenticated"],
    });
  });

  it("groups may be kept elsewhere, in another token", async () => {
    const distributed = (endpoint: string, access_token: string) =>
      idToken(claims({ _claim_names: { groups: "s" }, _claim_sources: { s: { endpoint, access_token } } }));
    const { groups } = (await whoami(distributed(`${outside.url}/groups`, "key-1"))) as { groups: string[] };
    assert.deepEqual(groups, ["oidc:far", "system:authenticated"]);
    const refused = distributed(`${outside.url}/groups`, "key-2");
    assert.equal(await whoami(refused), 401);
    const why = /oidc: could not expand distributed claims: while getting distributed claim "groups"/;
    assert.match(String(await whyNot(refused)), why);
    const unsourced = idToken(claims({ _claim_names: { groups: "s" } }));
    assert.match(String(await whyNot(unsourced)), /id token _claim_names contained a source s missing/);
  });

  it("a token that is not good is refused, and a review says why", async () => {
    const good = idToken(claims());
    const forged = `${good.slice(0, -8)}AAAAAAAA`;
    for (const [token, why] of [
      [forged, /failed to verify signature/],
      [idToken(claims({ exp: soon() - 700 })), /oidc: token is expired/],
      [idToken(claims({ aud: "other" })), /expected audience "lab" got \["other"\]/],
      [idToken(claims({ sub: "root" })), /root stays out/],
      [idToken(claims({ iss: "https://elsewhere" })), /invalid bearer token/],
    ] as const) {
      assert.equal(await whoami(token), 401);
      assert.match(String(await whyNot(token)), why);
    }
  });

  it("a webhook knows tokens, and is not asked twice", async () => {
    const visitor = {
      username: "visitor",
      uid: "5",
      groups: ["guests", "system:authenticated"],
      extra: { a: ["b"] },
    };
    assert.deepEqual(await whoami("known-outside"), visitor);
    assert.deepEqual(await whoami("known-outside"), visitor);
    assert.equal(outside.asked.filter(({ spec }) => spec.token === "known-outside").length, 1);
    assert.equal(await whoami("unknown-outside"), 401);
  });

  it("nobody may ask for more than health without credentials", async () => {
    const codes = await Promise.all(
      ["/livez", "/readyz", "/healthz", "/version", "/api", DECIDED].map(
        async (path) => (await rest(nobody(), "GET", path)).code,
      ),
    );
    assert.deepEqual(codes, [200, 200, 200, 401, 401, 401]);
  });

  it("a webhook decides what its conditions give it, before RBAC", async () => {
    // Who comes with another certificate is another question.
    const peers = new Map<string, RestPeer>();
    const get = async (user: string, path: string) => {
      const peer = peers.get(user) ?? (await server.connection("rest", user, []));
      peers.set(user, peer);
      const { code, json } = await rest(peer, "GET", path);
      return [code, json.message];
    };
    assert.deepEqual(await get("joe", DECIDED), [404, 'configmaps "asked" not found']);
    const [code, message] = await get("max", DECIDED);
    assert.equal(code, 403);
    assert.match(String(message), /User "max" cannot get resource "configmaps" .*: asked about max$/);
    assert.equal((await get("eve", DECIDED))[0], 403);
    const asked = outside.asked.length;
    assert.equal((await get("joe", DECIDED.replace("asked", "other")))[0], 403);
    assert.equal((await get("joe", DECIDED))[0], 404);
    assert.equal(outside.asked.length, asked);
  });

  it("a review tells the webhook's reason, and that rules are not all", async () => {
    const spec = {
      user: "joe",
      resourceAttributes: { namespace: "default", verb: "get", resource: "configmaps", name: "asked" },
    };
    const post = async (resource: string, kind: string, of: object) => {
      const body = { apiVersion: "authorization.k8s.io/v1", kind, spec: of };
      return (await rest(admin, "POST", `/apis/authorization.k8s.io/v1/${resource}`, { body })).json;
    };
    const access = await post("subjectaccessreviews", "SubjectAccessReview", spec);
    assert.equal(access.message, undefined);
    assert.deepEqual(access["status"], { allowed: true, reason: "joe may" });
    const rules = await post("selfsubjectrulesreviews", "SelfSubjectRulesReview", { namespace: "default" });
    const { incomplete, evaluationError } = rules["status"] as { incomplete: boolean; evaluationError?: string };
    assert.deepEqual([incomplete, evaluationError], [true, "webhook authorizer does not support user rule resolution"]);
    const bad = await post("subjectaccessreviews", "SubjectAccessReview", { user: "joe" });
    assert.match(bad.message ?? "", /exactly one of nonResourceAttributes or resourceAttributes must be specified/);
    const unclear = {
      ...spec,
      resourceAttributes: { ...spec.resourceAttributes, fieldSelector: { rawSelector: "a b" } },
    };
    assert.deepEqual((await post("subjectaccessreviews", "SubjectAccessReview", unclear))["status"], {
      allowed: true,
      reason: "joe may",
      evaluationError: "spec.resourceAttributes.fieldSelector ignored due to parse error",
    });
    const empty = { ...spec, resourceAttributes: { ...spec.resourceAttributes, labelSelector: {} } };
    const { message } = await post("subjectaccessreviews", "SubjectAccessReview", empty);
    assert.match(
      message ?? "",
      /labelSelector\.requirements: Required value: when .+ is specified, requirements or raw/,
    );
  });

  it("a webhook is told of selectors", async () => {
    const joe = await server.connection("rest", "joe", []);
    const query = "fieldSelector=metadata.name%3Dasked,metadata.namespace!%3Dx&labelSelector=tier%20in%20(b,a),!gone";
    const { code } = await rest(joe, "GET", `/api/v1/namespaces/default/configmaps?${query}`);
    assert.equal(code, 200);
    const { fieldSelector, labelSelector } = outside.asked.at(-1)?.spec.resourceAttributes ?? {};
    assert.deepEqual(fieldSelector, {
      requirements: [
        { key: "metadata.name", operator: "In", values: ["asked"] },
        { key: "metadata.namespace", operator: "NotIn", values: ["x"] },
      ],
    });
    assert.deepEqual(labelSelector, {
      requirements: [
        { key: "gone", operator: "DoesNotExist" },
        { key: "tier", operator: "In", values: ["a", "b"] },
      ],
    });
  });

  it("files that change are read again, and kept as they were when they make no sense", async () => {
    const path = (name: string) => join(directory, name);
    const metric = async (line: RegExp) => line.test((await rest(admin, "GET", "/metrics")).bytes.toString());
    await writeFile(path("authentication.yaml"), authenticationFile().replace('"lab"', '"harbour"'));
    await writeFile(
      path("authorization.yaml"),
      authorizationFile(path("access.conf")).replace('{"type":"RBAC","name":"rbac"}', '{"type":"RBAC"}'),
    );
    await eventually(
      "the new audience is known",
      async () => (await whoami(idToken(claims({ aud: "harbour" })))) !== 401,
    );
    assert.equal(await whoami(idToken(claims())), 401);
    const counted = (subject: string, status: string) =>
      new RegExp(`^apiserver_${subject}_config_controller_automatic_reloads_total\\{.*status="${status}"\\} 1$`, "m");
    await eventually("both are counted", async () => await metric(counted("authorization", "failure")));
    assert.ok(await metric(counted("authentication", "success")));
    const access = JSON.parse(authorizationFile(path("access.conf"))) as { authorizers: object[] };
    await writeFile(
      path("authorization.yaml"),
      JSON.stringify({ ...access, authorizers: access.authorizers.slice(1) }),
    );
    await eventually("joe may no longer", async () => {
      const joe = await server.connection("rest", "joe", []);
      return (await rest(joe, "GET", DECIDED)).code === 403;
    });
  });
});
