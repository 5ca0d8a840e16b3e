import type { Logger } from "@drydock/component";
import type { KubeletConfig } from "../config.ts";
import { connectDocker } from "../runtime/docker/connect.ts";
import { DockerRuntime } from "../runtime/docker/docker-runtime.ts";
import { labels } from "../runtime/names.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { inspectSelf, rejoinNetwork, type SelfContainer } from "./self-container.ts";

/** Connects to Docker, finds this node's own container there, and brings kube-proxy's into the present network namespace. */
export async function createNodeRuntime(
  config: KubeletConfig,
  logger: Logger,
): Promise<{ runtime: ContainerRuntime; self: SelfContainer }> {
  const docker = await connectDocker(config.containerRuntimeEndpoint.replace(/^unix:\/\//, ""));
  const self = await inspectSelf(docker, config.selfContainer);
  if (config.kubeProxyContainer) {
    const outcome = await rejoinNetwork(docker, config.kubeProxyContainer, self).catch((error: Error) => error.message);
    logger.info({ companion: config.kubeProxyContainer, outcome }, "kube-proxy's network namespace checked");
  }
  const runtime = new DockerRuntime(docker, {
    namePrefix: config.labName === "drydock" ? "k8s" : `k8s-${config.labName}`,
    labels: { [labels.lab]: config.labName, [labels.node]: config.hostnameOverride },
    sandboxImage: config.podInfraContainerImage,
    selfContainer: config.selfContainer,
  });
  return { runtime, self };
}
