import type { Clock } from "@drydock/base";
import type { ApiClient, EventRecorder, Informer } from "@drydock/client";
import type { Logger } from "@drydock/component";
import type { V1Node, V1Pod } from "@drydock/kube-api";
import type { KubeletConfig } from "../config.ts";
import type { ObjectSource } from "../container/object-source.ts";
import { ImagePuller } from "../images/image-puller.ts";
import { parseCidr } from "../network/cidr.ts";
import { runCommand } from "../network/command.ts";
import { IpAllocator } from "../network/ip-allocator.ts";
import { NodeNetwork } from "../network/node-network.ts";
import { PodNetwork } from "../network/pod-network.ts";
import { runRoutes } from "../network/routes.ts";
import { ContainerStarter } from "../pods/container-starter.ts";
import { CrashBackoff } from "../pods/crash-backoff.ts";
import { PodKiller } from "../pods/pod-killer.ts";
import { followPods, removeOrphans } from "../pods/pod-source.ts";
import { PodSyncer } from "../pods/pod-syncer.ts";
import { PodWorkers } from "../pods/pod-workers.ts";
import { SandboxStarter } from "../pods/sandbox-starter.ts";
import { StatusWriter } from "../pods/status-writer.ts";
import { TerminationLogs } from "../pods/termination-log.ts";
import { ProbeManager } from "../probes/probe-manager.ts";
import type { ProbeMetrics } from "../probes/probe-metrics.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { watchRuntimeEvents } from "../runtime/watch-events.ts";
import { volumePlugins } from "../volumes/index.ts";
import { VolumeManager } from "../volumes/volume-manager.ts";
import { allocatable, type NodeFacts } from "./node-object.ts";
import type { SelfContainer } from "./self-container.ts";

export interface NodeStartupOptions {
  readonly config: KubeletConfig;
  readonly facts: NodeFacts;
  readonly runtime: ContainerRuntime;
  readonly self: SelfContainer;
  readonly client: ApiClient;
  readonly objects: ObjectSource;
  readonly events: EventRecorder;
  readonly podInformer: Informer<V1Pod>;
  readonly nodeInformer: Informer<V1Node>;
  readonly probeMetrics: ProbeMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * The order in which a node comes up: backstops, then (once the cluster has given it a pod range) bridge and routes, then what
 * already runs is connected again and adopted, then pods are worked on. Until the last step the node is not ready.
 */
export class NodeStartup {
  readonly #options: NodeStartupOptions;
  #notReady: string | undefined =
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:no pod CIDR yet";
  #workers: PodWorkers | undefined;
  #probes: ProbeManager | undefined;

  constructor(options: NodeStartupOptions) {
    this.#options = options;
  }

  /** Why the node cannot run pods yet; undefined once it can. */
  get notReady(): string | undefined {
    return this.#notReady;
  }

  assertReady(): void {
    if (this.#notReady !== undefined) throw new Error(this.#notReady);
  }

  async run(onReady: () => void): Promise<void> {
    const { config, facts, nodeInformer, podInformer, runtime, clock, logger, signal } = this.#options;
    const podCidr = await this.#podCidr();
    if (podCidr === undefined) return;
    const network = new NodeNetwork({
      podCidr,
      clusterCidr: config.clusterCidr,
      serviceCidr: config.serviceClusterIpRange,
      nodeIp: facts.ip,
      run: runCommand,
    });
    await network.ensureBackstops();
    await network.ensureBridge();
    const podNetwork = new PodNetwork({ bridgeIp: network.bridgeIp, run: runCommand });
    const addresses = new IpAllocator(parseCidr(podCidr));
    await this.#reconnect(podNetwork, addresses);
    const { workers, syncer } = this.#createWorkers(podNetwork, addresses);
    this.#notReady = undefined;
    onReady();
    await podInformer.synced;
    if (signal.aborted) return;
    followPods(podInformer, workers);
    const orphans = await removeOrphans(runtime, workers, syncer);
    if (orphans.length > 0) logger.info({ orphans }, "removed pods that the cluster no longer has");
    const wakeAll = () => {
      for (const pod of workers.pods) workers.wake(pod.metadata.uid ?? "");
    };
    await Promise.all([
      runRoutes(network, nodeInformer, facts.name, clock, logger, signal),
      watchRuntimeEvents(runtime, (uid) => workers.wake(uid), wakeAll, clock, logger, signal),
    ]);
  }

  stop(): void {
    this.#workers?.stop();
    this.#probes?.stop();
  }

  /** The range the cluster gave this node; waits for it. Undefined when stopped before. */
  #podCidr(): Promise<string | undefined> {
    const { nodeInformer, facts, signal, logger } = this.#options;
    return new Promise((resolve) => {
      const look = (node: V1Node) => {
        if (node.metadata.name === facts.name && node.spec?.podCIDR) resolve(node.spec.podCIDR);
      };
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
      nodeInformer.addHandler({ onAdd: look, onUpdate: look });
      logger.info("waiting for a pod range");
    });
  }

  /** After a restart of the node running sandboxes have no interface: give them back the one they had, with the same address. */
  async #reconnect(podNetwork: PodNetwork, addresses: IpAllocator): Promise<void> {
    const { runtime, logger } = this.#options;
    const sandboxes = (await runtime.listPods()).flatMap((pod) => pod.sandboxes);
    for (const sandbox of sandboxes) addresses.adopt(sandbox.ip);
    const running = sandboxes.filter((sandbox) => sandbox.state === "running");
    for (const sandbox of running) {
      await podNetwork.plumb(sandbox).catch((error: Error) => {
        logger.error(
          { pod: `${sandbox.podNamespace}/${sandbox.podName}`, err: error.message },
          "pod not connected again",
        );
      });
    }
    if (running.length > 0) logger.info({ pods: running.length }, "adopted running pods");
  }

  #createWorkers(network: PodNetwork, addresses: IpAllocator): { workers: PodWorkers; syncer: PodSyncer } {
    const { config, facts, runtime, self, client, objects, events, clock, logger } = this.#options;
    const backoff = new CrashBackoff();
    const toDaemonPath = (path: string) => self.toDaemonPath(path);
    const volumes = new VolumeManager({
      rootDirectory: config.rootDir,
      plugins: volumePlugins,
      objects,
      clock,
      toDaemonPath,
      createMemoryVolume: (uid, name, sizeBytes) => runtime.createMemoryVolume(uid, name, sizeBytes),
      removeMemoryVolumes: (uid) => runtime.removeMemoryVolumes(uid),
    });
    const probes = new ProbeManager({
      runtime,
      clock,
      metrics: this.#options.probeMetrics,
      onChange: (uid) => workers.wake(uid),
      onFailure: (pod, container, kind, output) => {
        const title = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
        events.event(
          pod,
          "Warning",
          "Unhealthy",
          `${title} probe failed: ${output}`,
          `spec.containers{${container.name}}`,
        );
      },
    });
    const dns = { server: config.clusterDns, domain: config.clusterDomain };
    const terminationLogs = new TerminationLogs(config.rootDir, toDaemonPath);
    const images = new ImagePuller(runtime, clock);
    const syncer = new PodSyncer({
      client,
      runtime,
      sandboxes: new SandboxStarter({ runtime, addresses, network, dns, nodeIp: facts.ip }),
      containers: new ContainerStarter({
        runtime,
        images,
        volumes,
        objects,
        terminationLogs,
        backoff,
        events,
        clock,
        memoryCapacityBytes: facts.memoryBytes,
      }),
      volumes,
      killer: new PodKiller(runtime, events),
      probes,
      statuses: new StatusWriter(client, logger),
      terminationLogs,
      backoff,
      events,
      clock,
      logger,
      node: { name: facts.name, ip: facts.ip, allocatable: allocatable(facts) },
    });
    const workers = new PodWorkers(syncer, clock, logger);
    this.#workers = workers;
    this.#probes = probes;
    return { workers, syncer };
  }
}
