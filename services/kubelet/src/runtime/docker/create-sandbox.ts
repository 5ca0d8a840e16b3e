import type Docker from "dockerode";
import { containerTypes, labels, sandboxName } from "../names.ts";
import type { RuntimeSandbox, SandboxConfig } from "../runtime.ts";
import { statusCode } from "./connect.ts";
import { toRuntimeSandbox } from "./inspect.ts";
import type { DockerScope } from "./scope.ts";

/**
 * The sandbox holds the pod's namespaces and nothing else: no Docker network, no capabilities, root (so that the kubelet may
 * enter its network namespace without more rights than it has).
 */
export async function runSandbox(docker: Docker, scope: DockerScope, config: SandboxConfig): Promise<RuntimeSandbox> {
  const name = sandboxName(scope.namePrefix, config, config.attempt);
  const container = await createOrFind(docker, name, {
    name,
    Image: scope.sandboxImage,
    ...(config.isHostNetwork ? {} : { Hostname: config.hostname }),
    Labels: {
      ...scope.labels,
      [labels.type]: containerTypes.sandbox,
      [labels.podName]: config.podName,
      [labels.podNamespace]: config.podNamespace,
      [labels.podUid]: config.podUid,
      [labels.containerName]: "POD",
      [labels.attempt]: String(config.attempt),
      [labels.podIp]: config.ip,
    },
    HostConfig: {
      NetworkMode: config.isHostNetwork ? `container:${scope.selfContainer}` : "none",
      CapDrop: ["ALL"],
      ReadonlyRootfs: true,
      SecurityOpt: ["no-new-privileges"],
      IpcMode: "shareable",
      LogConfig: { Type: "none", Config: {} },
      ...(config.isHostNetwork ? {} : networkFiles(config)),
      Sysctls: { ...config.sysctls },
      Binds: config.mounts.map((mount) => `${mount.source}:${mount.target}`),
    },
  });
  await container.start().catch((error: unknown) => {
    if (statusCode(error) !== 304) throw error;
  });
  return toRuntimeSandbox(await container.inspect());
}

/** Docker writes resolv.conf and hosts from these; containers that join the sandbox share the files. */
function networkFiles(config: SandboxConfig) {
  return {
    Dns: [...config.dns.servers],
    DnsSearch: [...config.dns.searches],
    DnsOptions: [...config.dns.options],
    ExtraHosts: [...config.extraHosts],
  };
}

/** Creates the container, or returns the one of that name left by an earlier, interrupted attempt. */
export async function createOrFind(
  docker: Docker,
  name: string,
  options: Docker.ContainerCreateOptions,
): Promise<Docker.Container> {
  try {
    return await docker.createContainer(options);
  } catch (error) {
    if (statusCode(error) !== 409) throw error;
    return docker.getContainer(name);
  }
}
