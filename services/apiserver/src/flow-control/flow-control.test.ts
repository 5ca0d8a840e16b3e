import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import type { V1FlowSchema, V1PriorityLevelConfiguration } from "@drydock/kube-api";
import { parseRequestInfo } from "../http/request-info.ts";
import { createFlow, distinguisherOf } from "./flow.ts";
import { FlowControl } from "./flow-control.ts";
import { AUTO_UPDATE, mandatoryLevels, mandatorySchemas, suggestedLevels, suggestedSchemas } from "./flow-objects.ts";
import { planDangling } from "./plan-dangling.ts";
import { type FlowObject, planFlowObjects } from "./plan-flow-objects.ts";
import { PriorityLevel } from "./priority-level.ts";
import { renderRows } from "./render-rows.ts";

const createControl = () => new FlowControl({ clock: new FakeClock(), totalSeats: 600, waitLimitMs: 1000 });
const levels = [...mandatoryLevels, ...suggestedLevels];
const schemas = [...mandatorySchemas, ...suggestedSchemas];

const accounts = (name: string) => ({ name, groups: ["system:serviceaccounts", "system:authenticated"] });
const node = { name: "system:node:a", groups: ["system:nodes", "system:authenticated"] };
const LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x";

const ONE_SEAT = { initialSeats: 1, finalSeats: 0, additionalMs: 0 };

describe("flow control", () => {
  const control = createControl();
  control.setObjects(schemas, levels);

  const cases: readonly (readonly [{ name: string; groups: string[] }, string, string, string])[] = [
    [{ name: "admin", groups: ["system:masters"] }, "GET", "/api/v1/pods", "exempt exempt "],
    [{ name: "anon", groups: ["system:unauthenticated"] }, "GET", "/readyz", "probes exempt "],
    [{ name: "anon", groups: ["system:unauthenticated"] }, "GET", "/livez/ping", "probes exempt "],
    [{ name: "anon", groups: ["system:unauthenticated"] }, "GET", "/version", "global-default global-default anon"],
    [node, "PATCH", "/api/v1/nodes/a/status", "system-node-high node-high system:node:a"],
    [node, "GET", "/api/v1/pods", "system-nodes system system:node:a"],
    [
      accounts("system:serviceaccount:kube-system:x"),
      "PUT",
      LEASE,
      "system-leader-election leader-election system:serviceaccount:kube-system:x",
    ],
    [
      accounts("system:serviceaccount:kube-system:x"),
      "PATCH",
      LEASE,
      "kube-system-service-accounts workload-high kube-system",
    ],
    [
      accounts("system:serviceaccount:kube-systemx:x"),
      "GET",
      "/api/v1/namespaces/a/pods",
      "service-accounts workload-low system:serviceaccount:kube-systemx:x",
    ],
    [
      { name: "system:kube-scheduler", groups: ["system:authenticated"] },
      "GET",
      "/api/v1/pods",
      "kube-scheduler workload-high ",
    ],
    [{ name: "nobody", groups: [] }, "GET", "/api/v1/pods", "catch-all catch-all nobody"],
  ];
  for (const [user, method, path, expected] of cases)
    it(`${user.name} ${method} ${path} is ${expected}`, () => {
      const info = parseRequestInfo(method, path, new URLSearchParams());
      const flow = control.classify(user, info);
      assert.equal(`${flow.schemaName} ${flow.level.name} ${distinguisherOf(flow, user, info)}`, expected);
    });

  it("schemas of a level that is not there match nothing; a level whose object went finishes what it has", async () => {
    const { classify } = control;
    const info = parseRequestInfo("GET", "/api/v1/pods", new URLSearchParams());
    const user = { name: "eve", groups: ["system:authenticated"] };
    const mine = createControl();
    mine.setObjects(schemas, levels);
    const flow = classify.call(mine, user, info);
    const request = { flow, distinguisher: "eve", user, info, work: ONE_SEAT, arrivedAtMs: 0, startedAtMs: 0 };
    const entry = await flow.level.enter(request, new AbortController().signal);
    const rest = levels.filter(({ metadata }) => metadata.name !== "global-default");
    mine.setObjects(schemas, rest);
    assert.equal(mine.classify(user, info).schemaName, "catch-all");
    assert.equal(mine.levels.find(({ name }) => name === "global-default")?.isQuiescing, true);
    assert.ok(entry.kind === "seat");
    entry.leave();
    mine.setObjects(schemas, rest);
    assert.equal(
      mine.levels.some(({ name }) => name === "global-default"),
      false,
    );
  });

  it("who waits too long or goes away is turned away", async () => {
    const clock = new FakeClock();
    const mine = new FlowControl({ clock, totalSeats: 1, waitLimitMs: 1000 });
    const queuing = { queues: 1, handSize: 1, queueLengthLimit: 5 };
    const limited = { nominalConcurrencyShares: 1000, limitResponse: { type: "Queue", queuing } };
    const only = { metadata: { name: "only" }, spec: { type: "Limited", limited } } as V1PriorityLevelConfiguration;
    mine.setObjects([], [only]);
    const level = mine.levels.find(({ name }) => name === "only");
    const info = parseRequestInfo("GET", "/api/v1/pods", new URLSearchParams());
    const user = { name: "eve", groups: [] };
    const flow = mine.classify(user, info);
    const request = () => ({ flow, distinguisher: "eve", user, info, work: ONE_SEAT, arrivedAtMs: 0, startedAtMs: 0 });
    const gone = new AbortController();
    const stays = new AbortController().signal;
    const entries = [
      level?.enter(request(), stays),
      level?.enter(request(), stays),
      level?.enter(request(), gone.signal),
    ];
    gone.abort();
    clock.advance(1000);
    const kinds = (await Promise.all(entries)).map((entry) => (entry?.kind === "rejected" ? entry.reason : "seat"));
    assert.deepEqual(kinds, ["seat", "time-out", "cancelled"]);
    assert.deepEqual(level?.counts, { dispatched: 1, rejected: 2, timedOut: 1, cancelled: 1 });
  });
});

describe("seats of a change that many watch", () => {
  it("are free again when these were told of it", async () => {
    const clock = new FakeClock();
    const level = new PriorityLevel("wide", false, clock, 1000);
    level.setSeats(3);
    const info = parseRequestInfo("POST", "/api/v1/namespaces/a/pods", new URLSearchParams());
    const request = {
      flow: createFlow("schema", level),
      distinguisher: "",
      user: { name: "eve", groups: [] },
      info,
      work: { initialSeats: 1, finalSeats: 3, additionalMs: 5 },
      arrivedAtMs: 0,
      startedAtMs: 0,
    };
    const entry = await level.enter(request, new AbortController().signal);
    assert.ok(entry.kind === "seat");
    assert.equal(request.flow.executingSeats, 3);
    entry.leave();
    clock.advance(4);
    assert.equal(level.queueSet.seatsInUse, 3);
    clock.advance(1);
    assert.deepEqual([level.queueSet.seatsInUse, request.flow.executingSeats], [0, 0]);
  });
});

describe("flow objects", () => {
  const wanted = { mandatory: mandatoryLevels, suggested: suggestedLevels };
  const stored = levels.map((object) => ({ ...object, metadata: { ...object.metadata, generation: 1 } }));
  const changed = (name: string, annotations: Record<string, string>, generation: number) =>
    stored.map((object) =>
      object.metadata.name === name
        ? ({ ...object, metadata: { name, annotations, generation }, spec: { type: "Limited" } } as FlowObject)
        : object,
    );
  const plan = (current: readonly FlowObject[]) =>
    planFlowObjects(wanted, current).map((action) =>
      action.kind === "delete"
        ? `delete ${action.name}`
        : `${action.kind} ${action.object.metadata.name} ${action.object.metadata.annotations?.[AUTO_UPDATE]} ${Object.keys(action.object.spec ?? {}).length}`,
    );

  const cases: readonly (readonly [string, readonly FlowObject[], readonly string[]])[] = [
    ["none there", stored.slice(1), ["create exempt true 2"]],
    ["all as wanted", stored, []],
    ["a mandatory one changed", changed("catch-all", {}, 4), ["update catch-all true 2"]],
    [
      "a suggested one changed against its annotation",
      changed("system", { [AUTO_UPDATE]: "true" }, 2),
      ["update system true 2"],
    ],
    ["one that an administrator has taken over", changed("system", { [AUTO_UPDATE]: "false" }, 2), []],
    ["changed, without annotation", changed("system", {}, 2), ["update system false 1"]],
    ["never changed, without annotation", changed("system", {}, 1), ["update system true 2"]],
    [
      "one that is wanted no longer",
      [
        ...stored,
        { ...suggestedLevels[0], metadata: { name: "old", annotations: { [AUTO_UPDATE]: "true" } } } as FlowObject,
      ],
      ["delete old"],
    ],
    ["somebody else's", [...stored, { ...suggestedLevels[0], metadata: { name: "mine" } } as FlowObject], []],
  ];
  for (const [title, current, expected] of cases) it(title, () => assert.deepEqual(plan(current), expected));

  it("Dangling is written when it is not what is there", () => {
    const [schema] = mandatorySchemas as readonly [V1FlowSchema];
    const condition = planDangling(schema, () => false);
    assert.deepEqual([condition?.status, condition?.reason], ["True", "NotFound"]);
    const message =
      'This FlowSchema references the PriorityLevelConfiguration object named "exempt" but there is no such object';
    assert.equal(condition?.message, message);
    const told = { ...schema, status: { conditions: [{ ...condition }] } };
    assert.equal(
      planDangling(told, () => false),
      undefined,
    );
    assert.equal(planDangling(told, () => true)?.reason, "Found");
  });

  it("rows are aligned", () => {
    assert.equal(
      renderRows([
        ["Name", "B"],
        ["long-name", "1"],
      ]),
      "Name,      B\nlong-name, 1\n",
    );
  });
});
