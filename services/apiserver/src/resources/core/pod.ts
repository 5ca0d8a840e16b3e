import { FieldPath, FieldSet, humanAge } from "@drydock/apimachinery";
import type { V1ContainerStatus, V1Pod } from "@drydock/kube-api";
import { timestamp } from "../../registry/object-meta.ts";
import { column, defineKind, generationFromSpec, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { restoreField } from "../meta/rules.ts";
import { dropDisabledFields, setPodDefaults, setPodSpecDefaults } from "../pod-spec/defaults.ts";
import { setPodLevelDefaults } from "../pod-spec/pod-level-resources.ts";
import { validatePodSpec } from "../pod-spec/validate-pod-spec.ts";
import { mergeLabelKeys } from "./merge-label-keys.ts";
import { validatePodStatusUpdate } from "./pod-status.ts";
import { validatePodUpdate } from "./pod-update.ts";
import { qosClassOf } from "./qos-class.ts";

const SPEC = FieldPath.of("spec");
export const pod = defineKind<V1Pod>({
  kind: "Pod",
  resource: "pods",
  shortNames: ["po"],
  categories: ["all"],
  schema: "io.k8s.api.core.v1.Pod",
  strategy: {
    dropDisabled: ({ spec }) => dropDisabledFields(spec),
    ...generationFromSpec,
    setDefaults(object) {
      if (!object.spec) return;
      setPodSpecDefaults(object.spec);
      setPodDefaults(object.spec);
      setPodLevelDefaults(object.spec);
    },
    prepareForCreate(object, { nowMs }) {
      mergeLabelKeys(object);
      object.status = { phase: "Pending", qosClass: qosClassOf(object.spec) };
      if (object.spec?.schedulingGates?.length) {
        object.status.conditions = [
          {
            type: "PodScheduled",
            status: "False",
            lastTransitionTime: timestamp(nowMs),
            reason: "SchedulingGated",
            message: "Scheduling is blocked due to non-empty scheduling gates",
          },
        ];
      }
    },
    validate: (object) => validatePodSpec(object.spec, SPEC),
    prepareForUpdate: separateStatus.main.prepareForUpdate,
    validateUpdate: validatePodUpdate,
    // Pods nobody runs (not bound, or over) go at once; others when their kubelet has ended them.
    gracePeriodSeconds(object, requested) {
      const isOver = object.status?.phase === "Failed" || object.status?.phase === "Succeeded";
      if (!object.spec?.nodeName || isOver) return 0;
      return requested ?? object.spec.terminationGracePeriodSeconds ?? 30;
    },
  },
  columns: [
    column("Ready", readyText),
    column("Status", statusText),
    column("Restarts", restartsText),
    wideColumn("IP", ({ status }) => status?.podIP || "<none>"),
    wideColumn("Node", ({ spec }) => spec?.nodeName || "<none>"),
    wideColumn("Nominated Node", ({ status }) => status?.nominatedNodeName || "<none>"),
    wideColumn("Readiness Gates", readinessGatesText),
  ],
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec?.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec?.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec?.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec?.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec?.hostNetwork ?? false),
    "status.phase": ({ status }) => status?.phase ?? "",
    "status.podIP": ({ status }) => status?.podIP ?? "",
    "status.nominatedNodeName": ({ status }) => status?.nominatedNodeName ?? "",
  },
  subresources: {
    status: {
      resetFields: FieldSet.ofPaths("spec", "metadata.deletionTimestamp", "metadata.ownerReferences"),
      prepareForUpdate(object, old) {
        separateStatus.status.prepareForUpdate(object, old);
        restoreField(object.metadata, old.metadata, "ownerReferences");
        if (object.status && !object.status.qosClass) restoreField(object.status, old.status ?? {}, "qosClass");
      },
      validateUpdate: validatePodStatusUpdate,
    },
    other: ["log", "exec", "attach", "portforward", "proxy", "binding", "eviction", "ephemeralcontainers", "resize"],
  },
});

function readyText({ spec, status }: V1Pod): string {
  const sidecars = (spec?.initContainers ?? [])
    .filter(({ restartPolicy }) => restartPolicy === "Always")
    .map(({ name }) => name);
  const ready = (status?.containerStatuses ?? []).filter(
    (container) => container.ready && container.state?.running,
  ).length;
  const readySidecars = (status?.initContainerStatuses ?? []).filter(
    (container) => sidecars.includes(container.name) && container.started && container.ready,
  ).length;
  return `${ready + readySidecars}/${(spec?.containers.length ?? 0) + sidecars.length}`;
}

/** Upstream's printPod: the phase, refined by whatever container is furthest from running. */
function statusText(object: V1Pod): string {
  const { status, metadata } = object;
  let reason = status?.reason || status?.phase || "";
  if (object.spec?.schedulingGates?.length) reason = "SchedulingGated";
  const initialising = initReason(object);
  if (initialising !== undefined) reason = initialising;
  else reason = containersReason(object, reason);
  if (!metadata.deletionTimestamp) return reason;
  if (status?.reason === "NodeLost") return "Unknown";
  return status?.phase === "Failed" || status?.phase === "Succeeded" ? reason : "Terminating";
}

function initReason({ spec, status }: V1Pod): string | undefined {
  const total = spec?.initContainers?.length ?? 0;
  for (const [index, container] of (status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = spec?.initContainers?.find(({ name }) => name === container.name)?.restartPolicy === "Always";
    if (container.state?.terminated?.exitCode === 0) continue;
    if (isSidecar && container.started) continue;
    if (container.state?.terminated) return `Init:${terminatedReason(container)}`;
    const waiting = container.state?.waiting?.reason;
    if (waiting && waiting !== "PodInitializing") return `Init:${waiting}`;
    return `Init:${index}/${total}`;
  }
  return undefined;
}

function containersReason({ status }: V1Pod, phase: string): string {
  let reason = phase;
  let hasRunning = false;
  for (const container of [...(status?.containerStatuses ?? [])].reverse()) {
    if (container.state?.waiting?.reason) reason = container.state.waiting.reason;
    else if (container.state?.terminated) reason = terminatedReason(container);
    else if (container.ready && container.state?.running) hasRunning = true;
  }
  if (reason !== "Completed" || !hasRunning) return reason;
  const isReady = (status?.conditions ?? []).some(({ type, status: value }) => type === "Ready" && value === "True");
  return isReady ? "Running" : "NotReady";
}

function terminatedReason({ state }: V1ContainerStatus): string {
  const { reason, signal, exitCode } = state?.terminated ?? { exitCode: 0 };
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

function restartsText({ status }: V1Pod, nowMs: number): string {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const restarts = (status?.containerStatuses ?? []).reduce((sum, container) => sum + container.restartCount, 0);
  const ends = all
    .flatMap(({ lastState }) => (lastState?.terminated?.finishedAt ? [lastState.terminated.finishedAt] : []))
    .sort();
  const last = ends.at(-1);
  return restarts > 0 && last ? `${restarts} (${humanAge(last, nowMs)} ago)` : String(restarts);
}

function readinessGatesText({ spec, status }: V1Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const met = gates.filter(({ conditionType }) =>
    status?.conditions?.some(({ type, status: value }) => type === conditionType && value === "True"),
  );
  return `${met.length}/${gates.length}`;
}
