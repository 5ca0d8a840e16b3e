import type { ContainerInspectInfo } from "dockerode";
import { labels } from "../names.ts";
import type { RuntimeContainer, RuntimeSandbox, RuntimeState } from "../runtime.ts";

/** Docker's view of a container, as the runtime port tells it. */
export function toRuntimeContainer(info: ContainerInspectInfo): RuntimeContainer {
  const label = info.Config.Labels;
  return {
    id: info.Id,
    podUid: label[labels.podUid] ?? "",
    sandboxId: label[labels.sandboxId] ?? "",
    name: label[labels.containerName] ?? "",
    attempt: Number(label[labels.attempt] ?? 0),
    state: stateOf(info),
    createdAtMs: Date.parse(info.Created),
    startedAtMs: timeOf(info.State.StartedAt),
    finishedAtMs: timeOf(info.State.FinishedAt),
    exitCode: info.State.ExitCode,
    isOomKilled: info.State.OOMKilled,
    error: info.State.Error ?? "",
    image: info.Config.Image,
    imageId: info.Image,
    specHash: label[labels.specHash] ?? "",
  };
}

export function toRuntimeSandbox(info: ContainerInspectInfo): RuntimeSandbox {
  const label = info.Config.Labels;
  return {
    id: info.Id,
    podUid: label[labels.podUid] ?? "",
    podName: label[labels.podName] ?? "",
    podNamespace: label[labels.podNamespace] ?? "",
    attempt: Number(label[labels.attempt] ?? 0),
    state: stateOf(info),
    createdAtMs: Date.parse(info.Created),
    ip: label[labels.podIp] ?? "",
    pid: info.State.Pid,
  };
}

function stateOf(info: ContainerInspectInfo): RuntimeState {
  if (info.State.Running) return "running";
  // A container whose start failed stays "created" for Docker, with the error beside it.
  return info.State.Status === "created" && !info.State.Error ? "created" : "exited";
}

/** Docker writes year 1 for "never". */
function timeOf(text: string): number {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms < 0 ? 0 : ms;
}
