import { deepEqual } from "@drydock/apimachinery";
import type { V1Node, V1NodeCondition, V1Taint } from "@drydock/kube-api";

export type NodeHealthView = "ready" | "not-ready" | "unreachable";

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
const PRESSURE: Readonly<Record<string, string>> = {
  MemoryPressure: "node.kubernetes.io/memory-pressure",
  DiskPressure: "node.kubernetes.io/disk-pressure",
  PIDPressure: "node.kubernetes.io/pid-pressure",
};
const OWN_KEYS = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(PRESSURE)]);

/** What the node's own words and its silence say of it. Pure. */
export function viewHealth(node: V1Node, isSilent: boolean): NodeHealthView {
  if (isSilent) return "unreachable";
  const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status === "Unknown") return "unreachable";
  return ready?.status === "True" ? "ready" : "not-ready";
}

/** Conditions of a node that fell silent: nobody knows any more. Undefined when they say so already. */
export function planUnknownConditions({ status }: V1Node, nowMs: number): V1NodeCondition[] | undefined {
  const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const types = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
  const current = status?.conditions ?? [];
  if (types.every((type) => current.find((condition) => condition.type === type)?.status === "Unknown"))
    return undefined;
  const others = current.filter(({ type }) => !types.includes(type));
  const unknown = types.map((type): V1NodeCondition => {
    const old = current.find((condition) => condition.type === type);
    if (old?.status === "Unknown") return old;
    const reason = old ? "NodeStatusUnknown" : "NodeStatusNeverUpdated";
    const message = old ? "Kubelet stopped posting node status." : "Kubelet never posted node status.";
    return { ...old, type, status: "Unknown", reason, message, lastTransitionTime: now };
  });
  return [...unknown, ...others];
}

/** The taints that follow from a node's health; undefined when they are right already. Those of others stay. */
export function planTaints(node: V1Node, view: NodeHealthView, nowMs: number): V1Taint[] | undefined {
  const current = node.spec?.taints ?? [];
  const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const keep = (key: string, effect: V1Taint["effect"], timed: boolean): V1Taint =>
    current.find((taint) => taint.key === key && taint.effect === effect) ?? {
      key,
      effect,
      ...(timed ? { timeAdded: now } : {}),
    };
  const wanted: V1Taint[] = [];
  if (view !== "ready") {
    const key = view === "unreachable" ? UNREACHABLE : NOT_READY;
    wanted.push(keep(key, "NoSchedule", true), keep(key, "NoExecute", true));
  }
  if (node.spec?.unschedulable) wanted.push(keep(UNSCHEDULABLE, "NoSchedule", true));
  for (const [type, key] of Object.entries(PRESSURE)) {
    if (node.status?.conditions?.some((condition) => condition.type === type && condition.status === "True"))
      wanted.push(keep(key, "NoSchedule", false));
  }
  const others = current.filter(({ key }) => !OWN_KEYS.has(key));
  const taints = [...others, ...wanted];
  return deepEqual(sorted(taints), sorted(current)) ? undefined : taints;
}

function sorted(taints: readonly V1Taint[]): V1Taint[] {
  const id = ({ key, effect }: V1Taint) => `${key}:${effect}`;
  return [...taints].sort((a, b) => (id(a) < id(b) ? -1 : 1));
}
