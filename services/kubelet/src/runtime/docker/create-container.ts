import type Docker from "dockerode";
import { containerName, containerTypes, labels } from "../names.ts";
import type { ContainerConfig } from "../runtime.ts";
import { createOrFind } from "./create-sandbox.ts";
import type { DockerScope } from "./scope.ts";

const CPU_PERIOD_MICROS = 100_000;

/** Creates an application container inside its pod's sandbox; returns its id. */
export async function createContainer(
  docker: Docker,
  scope: DockerScope,
  sandboxId: string,
  config: ContainerConfig,
): Promise<string> {
  const name = containerName(scope.namePrefix, config, config.name, config.attempt);
  const container = await createOrFind(docker, name, {
    name,
    Image: config.image,
    ...(config.command ? { Entrypoint: [...config.command] } : {}),
    // An explicit command drops the image's own arguments, as in a pod spec.
    ...(config.args ? { Cmd: [...config.args] } : config.command ? { Cmd: [] } : {}),
    ...(config.workingDir ? { WorkingDir: config.workingDir } : {}),
    ...(config.security.user === undefined ? {} : { User: config.security.user }),
    Env: config.env.map(({ name: variable, value }) => `${variable}=${value}`),
    Tty: config.isTty,
    OpenStdin: config.hasStdin,
    StdinOnce: config.isStdinOnce,
    Labels: {
      ...scope.labels,
      [labels.type]: containerTypes.container,
      [labels.podName]: config.podName,
      [labels.podNamespace]: config.podNamespace,
      [labels.podUid]: config.podUid,
      [labels.containerName]: config.name,
      [labels.sandboxId]: sandboxId,
      [labels.attempt]: String(config.attempt),
      [labels.specHash]: config.specHash,
    },
    HostConfig: hostConfig(sandboxId, config),
  });
  return (await container.inspect()).Id;
}

function hostConfig(sandboxId: string, config: ContainerConfig): Docker.HostConfig {
  const { resources, security } = config;
  return {
    NetworkMode: `container:${sandboxId}`,
    IpcMode: `container:${sandboxId}`,
    ...(config.sharesProcesses ? { PidMode: `container:${sandboxId}` } : {}),
    Binds: config.mounts.map((mount) => `${mount.source}:${mount.target}${mount.isReadOnly ? ":ro" : ""}`),
    Memory: resources.memoryLimitBytes,
    // Without this Docker allows as much swap again, and a memory limit would not be one.
    ...(resources.memoryLimitBytes > 0 ? { MemorySwap: resources.memoryLimitBytes } : {}),
    CpuShares: resources.cpuShares,
    ...(resources.cpuQuotaMicros > 0 ? { CpuPeriod: CPU_PERIOD_MICROS, CpuQuota: resources.cpuQuotaMicros } : {}),
    OomScoreAdj: Math.max(0, resources.oomScoreAdj),
    Privileged: security.isPrivileged,
    ReadonlyRootfs: security.isReadOnlyRoot,
    CapAdd: [...security.addedCapabilities],
    CapDrop: [...security.droppedCapabilities],
    GroupAdd: [...security.groups],
    SecurityOpt: security.allowPrivilegeEscalation ? [] : ["no-new-privileges"],
    LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "5" } },
  };
}
