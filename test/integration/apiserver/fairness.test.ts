import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const RBAC = "rbac.authorization.k8s.io";
const FLOWS = "/apis/flowcontrol.apiserver.k8s.io/v1";
const DEBUG = "/debug/api_priority_and_fairness";
const FLOOD = 20;

interface Listed {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string; readonly annotations?: Record<string, string> };
    readonly status?: { readonly conditions?: readonly Record<string, string>[] };
  }[];
}

const limited = (name: string, shares: number, limitResponse: object) => ({
  metadata: { name },
  spec: { type: "Limited", limited: { nominalConcurrencyShares: shares, borrowingLimitPercent: 0, limitResponse } },
});

const schemaOf = (name: string, level: string, user: string) => ({
  metadata: { name },
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: 5,
    distinguisherMethod: { type: "ByUser" },
    rules: [
      {
        subjects: [{ kind: "User", user: { name: user } }],
        nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
        resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true }],
      },
    ],
  },
});

/** A write whose body is not sent yet: it keeps its seat as long as that. */
function hold(peer: RestPeer, answered: string[]) {
  const body = JSON.stringify({ metadata: { generateName: "held-" } });
  const outgoing = request(new URL("/api/v1/namespaces/default/configmaps?dryRun=All", peer.server), {
    method: "POST",
    ca: peer.caPem,
    cert: peer.certPem,
    key: peer.keyPem,
    agent: false,
    headers: { "Content-Type": "application/json", "Content-Length": String(body.length) },
  });
  const refusal = new Promise<{ headers: IncomingHttpHeaders; bytes: Buffer }>((resolve) => {
    outgoing.on("response", async (response) => {
      answered.push(`flood ${response.statusCode}`);
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      if (response.statusCode === 429) resolve({ headers: response.headers, bytes: Buffer.concat(chunks) });
    });
  });
  // Who is turned away is cut off while it sends.
  outgoing.on("error", () => {});
  outgoing.flushHeaders();
  return { refusal, send: () => outgoing.end(body) };
}

/** Waits until the assertions hold. */
const holds = (what: string, assertions: () => Promise<void>) =>
  eventually(what, async () => {
    await assertions();
    return true;
  });

describe("priority and fairness", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;

  before(async () => {
    server = await startApiServer({ flags: ["--max-requests-inflight=2", "--max-mutating-requests-inflight=1"] });
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
  });

  after(() => server?.stop());

  const list = async (resource: string) => (await rest(admin, "GET", `${FLOWS}/${resource}`)).json as unknown as Listed;
  const create = async (resource: string, body: object) =>
    assert.equal((await rest(admin, "POST", `${FLOWS}/${resource}`, { body })).code, 201);

  const bindAdmin = async (user: string) => {
    const body = {
      metadata: { name: user },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ apiGroup: RBAC, kind: "User", name: user }],
    };
    const { code } = await rest(admin, "POST", `/apis/${RBAC}/v1/clusterrolebindings`, { body });
    assert.equal(code, 201);
  };

  it("the system's own objects are there, and schemas say that their levels are", async () => {
    const levels = (await list("prioritylevelconfigurations")).items;
    assert.deepEqual(
      levels.map(({ metadata }) => metadata.name),
      [
        "catch-all",
        "exempt",
        "global-default",
        "leader-election",
        "node-high",
        "system",
        "workload-high",
        "workload-low",
      ],
    );
    for (const { metadata } of levels)
      assert.equal(metadata.annotations?.["apf.kubernetes.io/autoupdate-spec"], "true");
    await holds("the conditions", async () => {
      const { items } = await list("flowschemas");
      assert.equal(items.length, 11);
      for (const { status, metadata } of items)
        assert.deepEqual([metadata.name, status?.conditions?.[0]?.["reason"]], [metadata.name, "Found"]);
    });
    await create("flowschemas", schemaOf("lost", "nowhere", "nobody"));
    await holds("the condition of a schema without a level", async () => {
      const lost = (await list("flowschemas")).items.find(({ metadata }) => metadata.name === "lost");
      assert.equal(lost?.status?.conditions?.[0]?.["status"], "True");
    });
  });

  it("a request is told where it belongs", async () => {
    const { headers } = await rest(admin, "GET", "/api/v1/namespaces");
    const uidOf = async (resource: string) =>
      (await list(resource)).items.find(({ metadata }) => metadata.name === "exempt")?.metadata.uid;
    assert.equal(headers["x-kubernetes-pf-flowschema-uid"], await uidOf("flowschemas"));
    assert.equal(headers["x-kubernetes-pf-prioritylevel-uid"], await uidOf("prioritylevelconfigurations"));
  });

  it("who floods the server is turned away, others go on", async () => {
    const queuing = { queues: 64, handSize: 1, queueLengthLimit: 5 };
    await create("prioritylevelconfigurations", limited("narrow", 1, { type: "Queue", queuing }));
    await create("flowschemas", { ...schemaOf("flood", "narrow", "flood") });
    await create("flowschemas", { ...schemaOf("trickle", "narrow", "trickle") });
    const [flood, trickle] = [await server.connection("rest", "flood"), await server.connection("rest", "trickle")];
    await holds("the level acts", async () => {
      const { text } = await dump("dump_priority_levels");
      assert.match(text, /^narrow, /m);
    });
    await bindAdmin("flood");
    const answered: string[] = [];
    const first = hold(flood, answered);
    await holds("one is worked on", async () =>
      assert.match((await dump("dump_priority_levels")).text, /^narrow, .*false, +0, +1, /m),
    );
    const others = Array.from({ length: FLOOD - 1 }, () => hold(flood, answered));
    // One is worked on, five wait, and all others are turned away.
    await holds("the others are turned away", async () => assert.equal(answered.length, FLOOD - 6));
    const refused = await Promise.race(others.map(({ refusal }) => refusal));
    assert.equal(refused.bytes.toString(), "Too many requests, please try again later.\n");
    assert.deepEqual(
      [refused.headers["retry-after"], refused.headers["content-type"], refused.headers["x-content-type-options"]],
      ["1", "text/plain; charset=utf-8", "nosniff"],
    );
    const version = rest(trickle, "GET", "/version").then(({ code }) => answered.push(`trickle ${code}`));
    await holds("six wait", async () =>
      assert.match((await dump("dump_priority_levels")).text, /^narrow, +2, .*false, +6, +1, /m),
    );
    // It came last, and goes before those of the flood that waited longer: they would keep the seat until they are sent.
    first.send();
    await version;
    for (const { send } of others) send();
    await holds("all are answered", async () => assert.equal(answered.length, FLOOD + 1));
    const metrics = (await rest(admin, "GET", "/metrics")).bytes.toString();
    const rejected = /rejected_requests_total{priority_level="narrow",flow_schema="flood",reason="queue-full"} (\d+)/;
    assert.equal(Number(rejected.exec(metrics)?.[1]), FLOOD - 6);
    const ofFlood = '{priority_level="narrow",flow_schema="flood"}';
    for (const line of [`work_estimated_seats_count${ofFlood} ${FLOOD}`, `current_executing_seats${ofFlood} 0`])
      assert.ok(metrics.includes(`\napiserver_flowcontrol_${line}\n`), line);
    for (const series of [
      'priority_level_request_utilization_sum{phase="waiting",priority_level="narrow"}',
      'priority_level_seat_utilization_sum{phase="executing",priority_level="narrow"}',
      'demand_seats_sum{priority_level="narrow"}',
      'read_vs_write_current_requests_sum{phase="waiting",request_kind="readOnly"}',
    ])
      assert.ok(Number(metrics.split(`\napiserver_flowcontrol_${series} `)[1]?.split("\n")[0]) > 0, series);
  });

  const dump = async (name: string) => {
    const { code, bytes } = await rest(admin, "GET", `${DEBUG}/${name}`);
    return { code, text: bytes.toString() };
  };

  it("what waits and what is worked on can be looked at", async () => {
    assert.match((await dump("dump_priority_levels")).text, /^PriorityLevelName, +ActiveQueues, IsIdle, /);
    assert.match(
      (await dump("dump_queues")).text,
      /^leader-election, +15, +0, +0, +0, +\d+\.\d{8}ss, +0, +0, +0\.0{8}ss$/m,
    );
    const requests = (await dump("dump_requests?includeRequestDetails=1")).text;
    assert.match(requests, /^exempt, +exempt, +-1, +-1, .*kubernetes-admin, get, +\/debug\/.*dump_requests, /m);
    assert.equal((await dump("dump_everything")).code, 404);
  });

  it("a watch takes no seat while it lasts", async () => {
    await create("prioritylevelconfigurations", limited("single", 1, { type: "Reject" }));
    await create("flowschemas", schemaOf("watcher", "single", "watcher"));
    await holds("the level acts", async () => assert.match((await dump("dump_priority_levels")).text, /^single, /m));
    const watcher = await server.connection("rest", "watcher");
    await bindAdmin("watcher");
    // It has one only until it has begun; whoever comes in that moment tries again.
    const watch = async (): Promise<number> => {
      const { code } = await rest(watcher, "GET", "/api/v1/pods?watch=true&timeoutSeconds=2");
      return code === 429 ? watch() : code;
    };
    const watches = [watch(), watch(), watch()];
    const running = /^apiserver_longrunning_requests{.*resource="pods".*} 3$/m;
    await holds("three watch at once", async () =>
      assert.match((await rest(admin, "GET", "/metrics")).bytes.toString(), running),
    );
    assert.deepEqual(await Promise.all(watches), [200, 200, 200]);
  });
});
