import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1Secret } from "@drydock/kube-api";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const BOOTSTRAP_TOKEN = "abcdef.0123456789abcdef";
const INVALIDATED = "[invalid bearer token, service account token has been invalidated]";

interface UserInfo {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface Review {
  readonly status: {
    readonly authenticated?: boolean;
    readonly error?: string;
    readonly user?: UserInfo;
    readonly userInfo?: UserInfo;
    readonly audiences?: readonly string[];
  };
}

interface TokenAnswer {
  readonly code: number;
  readonly token: string;
  readonly message: string;
  readonly warning: unknown;
}

describe("authentication", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;
  let directory: string;
  let proxy: RestPeer;
  let otherProxy: RestPeer;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-authentication-"));
    const path = (name: string) => join(directory, name);
    const proxyAuthority = await createAuthority("front-proxy-ca");
    await writeFile(path("front-proxy-ca.crt"), proxyAuthority.certPem);
    await writeFile(path("tokens.csv"), 'static-token,jane,42,"developers,testers"\n');
    server = await startApiServer({
      flags: [
        "--enable-bootstrap-token-auth",
        `--token-auth-file=${path("tokens.csv")}`,
        `--requestheader-client-ca-file=${path("front-proxy-ca.crt")}`,
        "--requestheader-allowed-names=front-proxy",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--service-account-max-token-expiration=2h",
      ],
    });
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    await eventually("the server is ready", async () => (await rest(admin, "GET", "/readyz")).code === 200);
    const peer = async (commonName: string) => ({
      ...nobody(),
      ...(await issueCertificate(proxyAuthority, { commonName, usages: ["client"] })),
    });
    proxy = await peer("front-proxy");
    otherProxy = await peer("somebody");
  });

  after(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const nobody = (): RestPeer => ({ server: server.restUrl, caPem: server.caPem });
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

  async function whoami(peer: RestPeer, headers: Record<string, string> = {}): Promise<UserInfo | number> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const answer = await rest(peer, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", { body, headers });
    return answer.code === 201 ? ((answer.json as unknown as Review).status.userInfo as UserInfo) : answer.code;
  }

  async function review(token: string, audiences?: readonly string[]): Promise<Review["status"]> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token, audiences } };
    const { json } = await rest(admin, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", { body });
    return (json as unknown as Review).status;
  }

  async function requestToken(account: string, spec: object): Promise<TokenAnswer> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
    const url = `/api/v1/namespaces/default/serviceaccounts/${account}/token`;
    const { code, json, headers } = await rest(admin, "POST", url, { body });
    const { token = "" } = (json["status"] as { token?: string } | undefined) ?? {};
    return { code, token, message: json.message ?? "", warning: headers["warning"] };
  }

  const create = async (path: string, body: object) => {
    const { code, json } = await rest(admin, "POST", path, { body });
    assert.equal(code, 201, json.message);
    return json as unknown as { metadata: { uid: string } };
  };

  it("a static token is its user", async () => {
    assert.deepEqual(await whoami(nobody(), bearer("static-token")), {
      username: "jane",
      uid: "42",
      groups: ["developers", "testers", "system:authenticated"],
    });
    assert.equal(await whoami(nobody(), bearer("static-tokens")), 401);
  });

  it("a bootstrap token is good while its Secret is", async () => {
    assert.equal(await whoami(nobody(), bearer(BOOTSTRAP_TOKEN)), 401);
    await create("/api/v1/namespaces/kube-system/secrets", {
      metadata: { name: "bootstrap-token-abcdef" },
      type: "bootstrap.kubernetes.io/token",
      stringData: {
        "token-id": "abcdef",
        "token-secret": "0123456789abcdef",
        "usage-bootstrap-authentication": "true",
        "auth-extra-groups": "system:bootstrappers:workers",
      },
    });
    const expected = {
      username: "system:bootstrap:abcdef",
      groups: ["system:bootstrappers", "system:bootstrappers:workers", "system:authenticated"],
    };
    await eventually("the token is known", async () => {
      assert.deepEqual(await whoami(nobody(), bearer(BOOTSTRAP_TOKEN)), expected);
      return true;
    });
  });

  it("a proxy's headers are believed, and of nobody else", async () => {
    const headers = { "X-Remote-User": "joe", "X-Remote-Group": "writers", "X-Remote-Extra-scopes": "all" };
    const joe = { username: "joe", groups: ["writers", "system:authenticated"], extra: { scopes: ["all"] } };
    assert.deepEqual(await whoami(proxy, headers), joe);
    assert.equal(await whoami(proxy), 401);
    assert.equal(await whoami(otherProxy, headers), 401);
    assert.equal(((await whoami(admin, headers)) as UserInfo).username, "kubernetes-admin");
  });

  it("a certificate is named by its fingerprint", async () => {
    const { extra } = (await whoami(admin)) as UserInfo;
    assert.match(extra?.["authentication.kubernetes.io/credential-id"]?.[0] ?? "", /^X509SHA256=[0-9a-f]{64}$/);
  });

  it("servers behind this one learn whom to believe", async () => {
    const { json } = await rest(
      admin,
      "GET",
      "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
    );
    const data = json["data"] as Record<string, string>;
    assert.match(data["requestheader-client-ca-file"] ?? "", /^-----BEGIN CERTIFICATE-----/);
    assert.equal(data["client-ca-file"], server.caPem);
    assert.deepEqual(
      [data["requestheader-allowed-names"], data["requestheader-username-headers"]],
      ['["front-proxy"]', '["X-Remote-User"]'],
    );
  });

  describe("tokens of service accounts", () => {
    let podUid: string;

    before(async () => {
      await create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "app" } });
      await create("/api/v1/nodes", { metadata: { name: "node-x" } });
      const spec = { serviceAccountName: "app", nodeName: "node-x", containers: [{ name: "c", image: "i" }] };
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec };
      podUid = (await create("/api/v1/namespaces/default/pods", pod)).metadata.uid;
    });

    it("say which pod and node they are for, and end with the pod", async () => {
      const { token } = await requestToken("app", { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "p" } });
      const status = await review(token);
      assert.deepEqual(
        [status.authenticated, status.user?.username, status.audiences],
        [true, "system:serviceaccount:default:app", ["https://kubernetes.default.svc.cluster.local"]],
      );
      const extra = status.user?.extra ?? {};
      const of = (key: string) => extra[`authentication.kubernetes.io/${key}`]?.[0] ?? "";
      assert.deepEqual([of("pod-name"), of("pod-uid"), of("node-name")], ["p", podUid, "node-x"]);
      assert.match(of("credential-id"), /^JTI=[0-9a-f-]{36}$/);
      assert.match(of("node-uid"), /^[0-9a-f-]{36}$/);
      await rest(admin, "DELETE", "/api/v1/namespaces/default/pods/p?gracePeriodSeconds=0");
      await eventually("the token is no longer good", async () => (await review(token)).error === INVALIDATED);
      assert.equal(await whoami(nobody(), bearer(token)), 401);
    });

    it("are for their audience, which is told when another asks", async () => {
      const { token } = await requestToken("app", { audiences: ["vault"] });
      assert.equal(await whoami(nobody(), bearer(token)), 401);
      assert.deepEqual((await review(token, ["vault", "x"])).audiences, ["vault"]);
      assert.deepEqual(await review(token, ["x"]), {
        user: {},
        error: '[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["x"]]',
      });
      assert.deepEqual(await review("nonsense"), { user: {}, error: "invalid bearer token" });
    });

    it("are bound only to what may hold them", async () => {
      const refused = async (spec: object) => {
        const { code, message } = await requestToken("app", spec);
        return [code, message];
      };
      const none = { apiVersion: "v1", kind: "Pod", name: "none" };
      assert.deepEqual(await refused({ boundObjectRef: none }), [404, 'pods "none" not found']);
      assert.deepEqual(await refused({ boundObjectRef: { apiVersion: "v1", kind: "ConfigMap", name: "x" } }), [
        400,
        "cannot bind token to object of type /v1, Kind=ConfigMap",
      ]);
      const [code, message] = await refused({ expirationSeconds: 60 });
      assert.equal(code, 422);
      assert.match(String(message), /spec.expirationSeconds: Invalid value: 60: may not specify a duration less than/);
      const node = await requestToken("app", { boundObjectRef: { apiVersion: "v1", kind: "Node", name: "node-x" } });
      assert.equal((await review(node.token)).authenticated, true);
    });

    it("last no longer than the server allows", async () => {
      const { warning } = await requestToken("app", { expirationSeconds: 86_400 });
      assert.match(String(warning), /requested expiration of 86400 seconds shortened to 7200 seconds/);
    });

    it("can be checked by others, with the keys that the issuer publishes", async () => {
      const { token } = await requestToken("app", {});
      const get = (path: string) => rest(nobody(), "GET", path, { headers: bearer(token) });
      const { json } = await get("/.well-known/openid-configuration");
      assert.equal(json["issuer"], "https://kubernetes.default.svc.cluster.local");
      const keys = await get("/openid/v1/jwks");
      const [key] = keys.json["keys"] as { alg: string; kid: string; kty: string }[];
      const header = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid: string };
      assert.deepEqual([key?.alg, key?.kty, key?.kid], ["RS256", "RSA", header.kid]);
      assert.deepEqual(
        [keys.headers["content-type"], keys.headers["cache-control"]],
        ["application/jwk-set+json", "public, max-age=3600"],
      );
      assert.equal((await rest(nobody(), "GET", "/openid/v1/jwks")).code, 403);
    });
  });

  it("a token in a Secret is filled in, is good, and ends with its account", async () => {
    const namespace = "/api/v1/namespaces/default";
    await create(`${namespace}/serviceaccounts`, { metadata: { name: "old" } });
    const annotations = { "kubernetes.io/service-account.name": "old" };
    await create(`${namespace}/secrets`, {
      metadata: { name: "old", annotations },
      type: "kubernetes.io/service-account-token",
    });
    const secret = async () => (await rest(admin, "GET", `${namespace}/secrets/old`)).json as unknown as V1Secret;
    await eventually("it has a token", async () => (await secret()).data?.["token"] !== undefined);
    const token = Buffer.from((await secret()).data?.["token"] ?? "", "base64").toString();
    const { username, groups } = (await whoami(nobody(), bearer(token))) as UserInfo;
    assert.deepEqual(
      [username, groups],
      [
        "system:serviceaccount:default:old",
        ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
      ],
    );
    const label = "kubernetes.io/legacy-token-last-used";
    await eventually("its use is noted", async () => (await secret()).metadata.labels?.[label] !== undefined);
    const warningOf = async () =>
      (await rest(nobody(), "GET", "/version", { headers: bearer(token) })).headers["warning"] ?? "";
    assert.equal(await warningOf(), "");
    const body = { secrets: [{ name: "old" }] };
    await rest(admin, "PATCH", `${namespace}/serviceaccounts/old`, {
      contentType: "application/merge-patch+json",
      body,
    });
    await eventually("it is warned of one that was made automatically", async () =>
      String(await warningOf()).startsWith('299 - "Use tokens from the TokenRequest API'),
    );
    await rest(admin, "DELETE", `${namespace}/serviceaccounts/old`);
    await eventually("it is gone", async () => (await whoami(nobody(), bearer(token))) === 401);
    await eventually(
      "so is the Secret",
      async () => (await rest(admin, "GET", `${namespace}/secrets/old`)).code === 404,
    );
  });

  describe("impersonation", () => {
    it("takes over name, uid, groups and extra values", async () => {
      const headers = {
        "Impersonate-User": "eve",
        "Impersonate-Uid": "9",
        "Impersonate-Group": "readers",
        "Impersonate-Extra-example.org%2fscope": "some",
      };
      assert.deepEqual(await whoami(admin, headers), {
        username: "eve",
        uid: "9",
        groups: ["readers", "system:authenticated"],
        extra: { "example.org/scope": ["some"] },
      });
      assert.deepEqual(await whoami(admin, { "Impersonate-User": "system:serviceaccount:default:app" }), {
        username: "system:serviceaccount:default:app",
        groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
      });
    });

    it("must be allowed part by part", async () => {
      await create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {
        metadata: { name: "impersonator" },
        rules: [
          { apiGroups: [""], resources: ["users"], verbs: ["impersonate"], resourceNames: ["eve"] },
          { apiGroups: ["authentication.k8s.io"], resources: ["userextras/scope"], verbs: ["impersonate"] },
        ],
      });
      await create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        metadata: { name: "impersonator" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "impersonator" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "jane" }],
      });
      const as = (headers: Record<string, string>) => whoami(nobody(), { ...bearer("static-token"), ...headers });
      const eve = { "Impersonate-User": "eve" };
      await eventually("jane may be eve", async () => ((await as(eve)) as UserInfo).username === "eve");
      assert.equal(((await as({ ...eve, "Impersonate-Extra-Scope": "x" })) as UserInfo).username, "eve");
      assert.equal(await as({ "Impersonate-User": "adam" }), 403);
      assert.equal(await as({ ...eve, "Impersonate-Group": "system:masters" }), 403);
      assert.equal(await as({ ...eve, "Impersonate-Uid": "1" }), 403);
      assert.equal(await as({ ...eve, "Impersonate-Extra-Other": "x" }), 403);
      assert.equal(await as({ "Impersonate-Group": "a" }), 400);
    });

    it("may be bound to what is done", async () => {
      const group = "authentication.k8s.io";
      await create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {
        metadata: { name: "constrained" },
        rules: [
          { apiGroups: [group], resources: ["users"], verbs: ["impersonate:user-info"], resourceNames: ["ada"] },
          { apiGroups: [""], resources: ["pods"], verbs: ["impersonate-on:user-info:list"] },
          { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
        ],
      });
      const bind = (user: string) =>
        create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
          metadata: { name: `constrained-${user}` },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "constrained" },
          subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
        });
      await bind("jane");
      await bind("ada");
      const as = (user: string, path: string) =>
        rest(nobody(), "GET", path, { headers: { ...bearer("static-token"), "Impersonate-User": user } });
      await eventually("jane may list pods as ada", async () => (await as("ada", "/api/v1/pods")).code === 200);
      const { code, json } = await as("ada", "/api/v1/pods?watch=1&timeoutSeconds=1");
      assert.equal(code, 403);
      assert.match(json.message ?? "", /User "jane" cannot impersonate-on:user-info:watch resource "pods"/);
      const other = await as("bob", "/api/v1/pods");
      assert.match(
        other.json.message ?? "",
        /^users\.authentication\.k8s\.io "bob" is forbidden: User "jane" cannot impersonate:user-info resource "users"/,
      );
    });
  });
});
