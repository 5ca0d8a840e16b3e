import assert from "node:assert/strict";
import { createApiClient } from "@drydock/client";
import { silentLogger, systemClock } from "@drydock/component";
import { nodes, pods } from "@drydock/kube-api";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const NODES = "/api/v1/nodes";
const PODS = "/api/v1/namespaces/default/pods";

/** For O=system:masters, CN=root. */
const SUPERUSER_REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHkMIGKAgEAMCgxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQ0wCwYDVQQDDARy
b290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEffGQxqXrIqb5rGbEs0DqHuEg
KUEMrvCovAcSDgWsh4psLUGSo+QMxlS9fxoFPSBRFAhvA/vmmTGp1XaFN+u3aaAA
MAoGCCqGSM49BAMCA0kAMEYCIQDwQf4bbuC/q+72dnjdXg54xjokXZL22khfxQNd
bDeacQIhAPxteOQ0Y3QiMfUsR+bMPqzDaZ3oiASV5cBCByXiIoU+
-----END CERTIFICATE REQUEST-----
`;

describe("what a node's credentials are good for", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;
  let kubelet: RestPeer;
  let podUid: string;

  before(async () => {
    server = await startApiServer();
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    kubelet = await server.connection("rest", "system:node:node-1", ["system:nodes"]);
    await eventually("the server is ready", async () => (await rest(admin, "GET", "/readyz")).code === 200);
    for (const name of ["node-2"]) await create(admin, NODES, { metadata: { name } });
    await create(admin, "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "app" } });
    const projected = { sources: [{ serviceAccountToken: { path: "t", audience: "vault" } }] };
    const spec = {
      serviceAccountName: "app",
      nodeName: "node-1",
      containers: [{ name: "c", image: "i" }],
      volumes: [{ name: "v", projected }],
    };
    podUid = (await create(admin, PODS, { metadata: { name: "p" }, spec })).metadata.uid;
  });

  after(async () => server?.stop());

  async function create(peer: RestPeer, path: string, body: object): Promise<{ metadata: { uid: string } }> {
    const { code, json } = await rest(peer, "POST", path, { body });
    assert.equal(code, 201, json.message);
    return json as unknown as { metadata: { uid: string } };
  }

  const answer = async (method: string, path: string, body: object, contentType = "application/json") => {
    const { code, json } = await rest(kubelet, method, path, { body, contentType });
    return [code, json.message ?? ""] as const;
  };
  const patch = (path: string, body: object) => answer("PATCH", path, body, "application/merge-patch+json");

  const refused = async (given: Promise<readonly [number, string]>, message: RegExp) => {
    const [code, text] = await given;
    assert.equal(code, 403, text);
    assert.match(text, message);
  };

  it("its own node, without labels and taints that steer workloads", async () => {
    const node = (name: string, labels: object) => answer("POST", NODES, { metadata: { name, labels } });
    const role = { "node-role.kubernetes.io/control-plane": "" };
    await refused(node("node-1", role), /is not allowed to set the following labels: node-role.kubernetes.io/);
    await refused(node("node-3", {}), /node "node-1" is not allowed to modify node "node-3"/);
    assert.equal((await node("node-1", { "kubernetes.io/hostname": "node-1", team: "a" }))[0], 201);
    const url = `${NODES}/node-1`;
    const taints = [{ key: "a", effect: "NoSchedule" }];
    await refused(patch(url, { spec: { taints } }), /node "node-1" is not allowed to modify taints/);
    await refused(patch(url, { metadata: { labels: role } }), /is not allowed to modify labels: node-role/);
    assert.equal((await patch(url, { metadata: { labels: { team: "b" } } }))[0], 200);
    assert.equal((await patch(`${url}/status`, { status: { phase: "Running" } }))[0], 200);
  });

  it("over the components' protocol, its own pods and, by our role, all nodes", async () => {
    const connection = await server.connection("components", "system:node:node-1", ["system:nodes"]);
    const client = createApiClient({ connection, clock: systemClock, logger: silentLogger() });
    try {
      await client.list(pods, { fieldSelector: "spec.nodeName=node-1" });
      await client.list(nodes, {});
      await assert.rejects(client.list(pods, {}), /can only list\/watch pods with spec\.nodeName field selector/);
      await assert.rejects(client.list(pods, { fieldSelector: "spec.nodeName=node-2" }), /can only list\/watch pods/);
    } finally {
      client.close();
    }
  });

  it("the status of its own pods, without their labels", async () => {
    const url = `${PODS}/p/status`;
    assert.equal((await patch(url, { status: { phase: "Running" } }))[0], 200);
    await refused(patch(url, { metadata: { labels: { a: "b" } } }), /cannot update labels through pod status/);
    const pod = { metadata: { name: "q" }, spec: { containers: [{ name: "c", image: "i" }] } };
    await refused(answer("POST", PODS, pod), /node "node-1" can only create mirror pods/);
  });

  it("tokens of accounts of its own pods, for audiences that these name", async () => {
    const url = "/api/v1/namespaces/default/serviceaccounts/app/token";
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "p", uid: podUid };
    const request = (spec: object) =>
      answer("POST", url, { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec });
    await eventually("the pod's account is known", async () => (await request({ boundObjectRef }))[0] === 201);
    assert.equal((await request({ boundObjectRef, audiences: ["vault"] }))[0], 201);
    await refused(request({ boundObjectRef, audiences: ["other"] }), /audience "other" not found in pod spec volume/);
    await refused(request({}), /node requested token not bound to a pod/);
    const { uid: _uid, ...unnamed } = boundObjectRef;
    await refused(request({ boundObjectRef: unnamed }), /node requested token with a pod binding without a uid/);
    await create(admin, "/apis/rbac.authorization.k8s.io/v1/clusterroles", {
      metadata: { name: "other-audience" },
      rules: [{ apiGroups: [""], resources: ["other"], verbs: ["request-serviceaccounts-token-audience"] }],
    });
    await create(admin, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "other-audience" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "other-audience" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:nodes" }],
    });
    await eventually("RBAC has granted the audience", async () => {
      const [code] = await request({ boundObjectRef, audiences: ["other"] });
      return code === 201;
    });
  });

  it("nobody asks for a superuser's certificate", async () => {
    const { code, json } = await rest(admin, "POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", {
      body: {
        metadata: { name: "root" },
        spec: {
          request: Buffer.from(SUPERUSER_REQUEST).toString("base64"),
          signerName: "kubernetes.io/kube-apiserver-client",
          usages: ["client auth"],
        },
      },
    });
    assert.equal(code, 403);
    assert.match(json.message ?? "", /signer with system:masters group is not allowed/);
  });
});
