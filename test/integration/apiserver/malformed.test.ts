import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import { createPrng, type Prng } from "@drydock/base";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const REQUESTS = Number(process.env["DRYDOCK_TEST_MALFORMED"] ?? 1500);
const SEED = Number(process.env["DRYDOCK_TEST_SEED"] ?? 1);
const AT_ONCE = 16;

const BASES = [
  {
    path: "/api/v1/namespaces/default/configmaps",
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { a: "1" } },
  },
  {
    path: "/apis/apps/v1/namespaces/default/deployments",
    object: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: "m",
        labels: { a: "b" },
        annotations: { x: "y" },
        finalizers: ["example.com/f"],
        ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: "u" }],
      },
      spec: {
        replicas: 1,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 1 } },
        selector: { matchLabels: { app: "m" }, matchExpressions: [{ key: "app", operator: "In", values: ["m"] }] },
        template: {
          metadata: { labels: { app: "m" } },
          spec: {
            containers: [
              {
                name: "c",
                image: "x",
                ports: [{ containerPort: 80, name: "http" }],
                env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
                resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m" } },
                livenessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 5 },
                volumeMounts: [{ name: "v", mountPath: "/v" }],
              },
            ],
            volumes: [{ name: "v", configMap: { name: "m", items: [{ key: "a", path: "b" }] } }],
            tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 3 }],
            affinity: {
              nodeAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: {
                  nodeSelectorTerms: [{ matchExpressions: [{ key: "k", operator: "In", values: ["v"] }] }],
                },
              },
            },
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: "zone",
                whenUnsatisfiable: "DoNotSchedule",
                labelSelector: { matchLabels: { app: "m" } },
              },
            ],
          },
        },
      },
    },
  },
  {
    path: "/api/v1/namespaces/default/services",
    object: {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "m" },
      spec: {
        selector: { app: "m" },
        type: "NodePort",
        ports: [{ name: "p", port: 80, targetPort: "http", nodePort: 30_100 }],
        clusterIP: "10.96.5.5",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
      },
    },
  },
  {
    path: "/api/v1/nodes",
    object: {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "m" },
      spec: { podCIDR: "10.0.0.0/24", taints: [{ key: "k", effect: "NoSchedule" }] },
      status: { capacity: { cpu: "4" }, conditions: [{ type: "Ready", status: "True" }] },
    },
  },
  {
    path: "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
    object: {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "m" },
      spec: {
        rules: [
          {
            host: "a.b",
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "s", port: { number: 80 } } } }],
            },
          },
        ],
        tls: [{ hosts: ["a.b"] }],
      },
    },
  },
  {
    path: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "m" },
      rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }],
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
    },
  },
  {
    path: "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
    object: {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "m" },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }],
      ports: [{ name: "p", port: 80, protocol: "TCP" }],
    },
  },
  {
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    object: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user: "x", resourceAttributes: { verb: "get", resource: "pods" } },
    },
  },
  {
    path: "/api/v1/namespaces/default/events",
    object: {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "m" },
      involvedObject: { kind: "Pod", name: "x", namespace: "default" },
      firstTimestamp: "2026-01-01T00:00:00Z",
    },
  },
  {
    path: "/apis/coordination.k8s.io/v1/namespaces/default/leases",
    object: {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "m" },
      spec: { holderIdentity: "x", renewTime: "2026-01-01T00:00:00.000000Z", leaseDurationSeconds: 5 },
    },
  },
] as const;

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  "",
  "x".repeat(300),
  "\u0000",
  "\ud800",
  "日本",
  -1,
  0,
  1.5,
  2 ** 31,
  1e300,
  -1e300,
  [],
  [null],
  [[]],
  {},
  { "": null },
  { __proto__: null, constructor: { prototype: {} } },
  "-",
  "a/b/c",
  "../../x",
  "1e9999",
  "0x10",
  "99999999999999999999Gi",
];
const CONTENT_TYPES = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/json-patch+json",
  "application/apply-patch+yaml",
  "text/plain",
  "",
];
const METHODS = ["POST", "PUT", "PATCH", "PATCH", "PATCH", "GET", "DELETE"];
const QUERIES = [
  "",
  "?dryRun=All",
  "?dryRun=Some",
  "?fieldValidation=Strict",
  "?limit=abc",
  "?limit=-5&continue=%00",
  "?continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYSJ9",
  "?labelSelector=a%3D%3D%3D",
  "?labelSelector=%21%21a%2C%28",
  "?fieldSelector=%2C%2C%3D",
  "?resourceVersion=-1",
  "?resourceVersion=99999999999999999999",
  "?resourceVersionMatch=Exact&resourceVersion=1",
  "?watch=1&timeoutSeconds=1&resourceVersion=1",
  "?fieldManager=m&force=maybe",
  `?fieldManager=${"m".repeat(200)}`,
  "?pretty=1",
  "?gracePeriodSeconds=-9",
  "?propagationPolicy=Never",
  "?timeout=xyz",
];

interface Malformed {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Requests that begin as sound ones and are then spoilt somewhere. The seed decides. */
function malformedRequest(prng: Prng): Malformed {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(prng.next() * list.length)] as T;
  const base = pick(BASES);
  const method = pick(METHODS);
  const suffix =
    method === "POST" && prng.next() < 0.9
      ? ""
      : `/m${pick(["", "", "", "/status", "/scale", "/nothing", "/..%2f", "%00"])}`;
  let object: unknown = structuredClone(base.object);
  for (let i = 0; i < 1 + prng.next() * 3; i++) object = spoil(object, pick, prng);
  if (method === "PATCH" && prng.next() < 0.3)
    object = pick([
      [
        {
          op: pick(["add", "remove", "test", "move", "copy", "x"]),
          path: pick(["/metadata/name", "/spec/ports/-", "/a~2", "", "x", "/spec/ports/99"]),
          value: object,
          from: "/metadata",
        },
      ],
      [object],
      { $patch: "replace" },
      { metadata: { $patch: "delete", finalizers: [{ $patch: "x" }] } },
      { $setElementOrder: 1, "$deleteFromPrimitiveList/finalizers": "x" },
    ]);
  let body = Buffer.from(JSON.stringify(object) ?? "", "utf8");
  const damage = prng.next();
  if (damage < 0.1) body = body.subarray(0, Math.floor(prng.next() * body.length));
  else if (damage < 0.2 && body.length > 0) body[Math.floor(prng.next() * body.length)] = Math.floor(prng.next() * 256);
  else if (damage < 0.23) body = Buffer.from(`${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`);
  else if (damage < 0.26) body = Buffer.concat([Buffer.from("k8s\0"), body]);
  return { method, path: base.path + suffix + pick(QUERIES), contentType: pick(CONTENT_TYPES), body };
}

/** Replaces, doubles or removes one value somewhere inside. */
function spoil(value: unknown, pick: <T>(list: readonly T[]) => T, prng: Prng): unknown {
  if (typeof value !== "object" || value === null || prng.next() < 0.15) return pick(ODD_VALUES);
  if (Array.isArray(value)) {
    if (value.length === 0 || prng.next() < 0.2) return [...value, pick(ODD_VALUES)];
    const at = Math.floor(prng.next() * value.length);
    return value.map((item, index) => (index === at ? spoil(item, pick, prng) : item));
  }
  const keys = Object.keys(value);
  const key =
    keys.length === 0 || prng.next() < 0.1 ? pick(["__proto__", "extra", "metadata", "status", ""]) : pick(keys);
  return { ...value, [key]: spoil((value as Record<string, unknown>)[key], pick, prng) };
}

/** Sends bytes over TLS as nobody, and returns what comes back until the server closes or says nothing more. */
async function sendRaw({ server, caPem }: RestPeer, text: string): Promise<string> {
  const { hostname, port } = new URL(server);
  const socket = connect({ host: hostname, port: Number(port), ca: caPem, ALPNProtocols: ["http/1.1"] });
  socket.on("error", () => {});
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    answer += chunk;
  });
  await once(socket, "secureConnect");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end(text);
  await closed;
  return answer;
}

describe("malformed requests", function () {
  this.timeout(120_000);
  let server: ApiServer;
  let admin: RestPeer;

  before(async () => {
    server = await startApiServer();
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
  });

  after(async () => server?.stop());

  afterEach(async function () {
    if (this.currentTest?.state === "failed") console.error((await server.processes.logs("apiserver")).slice(-4000));
  });

  it("that are hardly HTTP cost a connection, not the server", async () => {
    const head = "Host: x\r\nConnection: close\r\n";
    const webSocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n";
    for (const text of [
      `GET // HTTP/1.1\r\n${head}\r\n`,
      `GET http://[ HTTP/1.1\r\n${head}\r\n`,
      `OPTIONS * HTTP/1.1\r\n${head}\r\n`,
      `GET /api/v1/%zz/%00 HTTP/1.1\r\n${head}\r\n`,
      `POST /api/v1/namespaces HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `GET /api/v1/namespaces/x/pods/y/exec?command=z HTTP/1.1\r\nHost: x\r\n${webSocket}\r\n`,
      "\u0016\u0003\u0001 nonsense\r\n\r\n",
    ]) {
      const answer = await sendRaw(admin, text);
      assert.doesNotMatch(answer, /^HTTP\/1\.1 5/, text);
    }
    await eventually("the server is ready", async () => (await rest(admin, "GET", "/readyz")).code === 200);
  });

  it(`get an answer, never a failure of the server (${REQUESTS} with seed ${SEED})`, async () => {
    const prng = createPrng(SEED);
    const failures: string[] = [];
    const answered = new Map<number, number>();
    const one = async () => {
      const { method, path, contentType, body } = malformedRequest(prng);
      const options = method === "GET" ? {} : { body, contentType };
      const { code, json } = await rest(admin, method, path, options).catch((error: Error) => {
        throw new Error(`${method} ${path} ${contentType} ${body.toString("utf8").slice(0, 500)}: ${error.message}`);
      });
      answered.set(code, (answered.get(code) ?? 0) + 1);
      // Waiting for a version that may yet come is the one thing that may time out.
      if (code >= 500 && json.reason !== "Timeout")
        failures.push(
          `${method} ${path} ${contentType} ${body.toString("utf8").slice(0, 500)}\n  → ${code} ${json.message}`,
        );
    };
    for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, one));
    assert.equal(failures.length, 0, `${failures.length} failures:\n${failures.slice(0, 10).join("\n")}`);
    assert.ok((answered.get(400) ?? 0) > 0 && (answered.get(422) ?? 0) > 0, JSON.stringify([...answered]));
    assert.equal((await rest(admin, "GET", "/readyz")).code, 200);
  });
});
