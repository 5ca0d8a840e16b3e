import type { FlowcontrolV1Subject, V1FlowSchema, V1PriorityLevelConfiguration } from "@drydock/kube-api";

const apiVersion = "flowcontrol.apiserver.k8s.io/v1";

/** Says whether the server may change the spec of an object that it made. */
export const AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";

const metadata = (name: string) => ({ name, annotations: { [AUTO_UPDATE]: "true" } });

interface Shape {
  readonly shares: number;
  readonly lendable: number;
  readonly queues?: number;
  readonly hand?: number;
}

function level(name: string, { shares, lendable, queues, hand = 6 }: Shape): V1PriorityLevelConfiguration {
  const queuing = queues === undefined ? undefined : { queues, handSize: hand, queueLengthLimit: 50 };
  return {
    apiVersion,
    kind: "PriorityLevelConfiguration",
    metadata: metadata(name),
    spec: {
      type: "Limited",
      limited: {
        nominalConcurrencyShares: shares,
        limitResponse: queuing ? { type: "Queue", queuing } : { type: "Reject" },
        lendablePercent: lendable,
      },
    },
  };
}

/** Without these no request could be classified; their specs always come back. */
export const mandatoryLevels: readonly V1PriorityLevelConfiguration[] = [
  {
    apiVersion,
    kind: "PriorityLevelConfiguration",
    metadata: metadata("exempt"),
    spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  },
  level("catch-all", { shares: 5, lendable: 0 }),
];

/** A sensible beginning, which administrators may change. */
export const suggestedLevels: readonly V1PriorityLevelConfiguration[] = [
  level("system", { shares: 30, lendable: 33, queues: 64 }),
  level("node-high", { shares: 40, lendable: 25, queues: 64 }),
  level("leader-election", { shares: 10, lendable: 0, queues: 16, hand: 4 }),
  level("workload-high", { shares: 40, lendable: 50, queues: 128 }),
  level("workload-low", { shares: 100, lendable: 90, queues: 128 }),
  level("global-default", { shares: 20, lendable: 50, queues: 128 }),
];

type Rules = NonNullable<NonNullable<V1FlowSchema["spec"]>["rules"]>;

const group = (name: string): FlowcontrolV1Subject => ({ kind: "Group", group: { name } });
const user = (name: string): FlowcontrolV1Subject => ({ kind: "User", user: { name } });
const systemAccounts: FlowcontrolV1Subject = {
  kind: "ServiceAccount",
  serviceAccount: { namespace: "kube-system", name: "*" },
};
const everybody = [group("system:unauthenticated"), group("system:authenticated")];

const every = { clusterScope: true, namespaces: ["*"] };
const everything = (...subjects: FlowcontrolV1Subject[]): Rules => [
  {
    subjects,
    resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], ...every }],
    nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
  },
];

const LEASES = "coordination.k8s.io";

type Distinguisher = "ByUser" | "ByNamespace" | undefined;

function schema(
  [name, matchingPrecedence]: readonly [string, number],
  levelName: string,
  distinguisher: Distinguisher,
  rules: Rules,
): V1FlowSchema {
  return {
    apiVersion,
    kind: "FlowSchema",
    metadata: metadata(name),
    spec: {
      priorityLevelConfiguration: { name: levelName },
      matchingPrecedence,
      ...(distinguisher && { distinguisherMethod: { type: distinguisher } }),
      rules,
    },
  };
}

export const mandatorySchemas: readonly V1FlowSchema[] = [
  schema(["exempt", 1], "exempt", undefined, everything(group("system:masters"))),
  schema(["catch-all", 10_000], "catch-all", "ByUser", everything(...everybody)),
];

const probes: Rules = [
  { subjects: everybody, nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }] },
];

const leaderElection: Rules = [
  {
    subjects: [user("system:kube-controller-manager"), user("system:kube-scheduler"), systemAccounts],
    resourceRules: [
      { verbs: ["get", "create", "update"], apiGroups: [LEASES], resources: ["leases"], namespaces: ["*"] },
    ],
  },
];

const nodeHeartbeats: Rules = [
  {
    subjects: [group("system:nodes")],
    resourceRules: [
      { verbs: ["*"], apiGroups: [""], resources: ["nodes", "nodes/status"], ...every },
      { verbs: ["*"], apiGroups: [LEASES], resources: ["leases"], namespaces: ["*"] },
    ],
  },
];

export const suggestedSchemas: readonly V1FlowSchema[] = [
  schema(["probes", 2], "exempt", undefined, probes),
  schema(["system-leader-election", 100], "leader-election", "ByUser", leaderElection),
  schema(["system-node-high", 400], "node-high", "ByUser", nodeHeartbeats),
  schema(["system-nodes", 500], "system", "ByUser", everything(group("system:nodes"))),
  schema(
    ["kube-controller-manager", 800],
    "workload-high",
    "ByNamespace",
    everything(user("system:kube-controller-manager")),
  ),
  schema(["kube-scheduler", 800], "workload-high", "ByNamespace", everything(user("system:kube-scheduler"))),
  schema(["kube-system-service-accounts", 900], "workload-high", "ByNamespace", everything(systemAccounts)),
  schema(["service-accounts", 9000], "workload-low", "ByUser", everything(group("system:serviceaccounts"))),
  schema(["global-default", 9900], "global-default", "ByUser", everything(...everybody)),
];
