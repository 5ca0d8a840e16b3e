import { mkdir, rm, stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { Clock } from "@drydock/base";
import type { V1Container, V1Pod, V1Volume } from "@drydock/kube-api";
import type { DownwardContext } from "../container/downward-api.ts";
import { ContainerConfigError, type ObjectSource } from "../container/object-source.ts";
import type { Mount } from "../runtime/runtime.ts";
import type { PreparedVolume, VolumePlugin } from "./volume-plugin.ts";

export interface VolumeManagerOptions {
  /** `/var/lib/kubelet`. */
  readonly rootDirectory: string;
  readonly plugins: readonly VolumePlugin[];
  readonly objects: ObjectSource;
  readonly clock: Clock;
  toDaemonPath(path: string): string;
  createMemoryVolume(podUid: string, name: string, sizeBytes: number | undefined): Promise<string>;
  removeMemoryVolumes(podUid: string): Promise<void>;
}

export interface PodVolumes {
  readonly byName: ReadonlyMap<string, PreparedVolume>;
  readonly refreshAtMs: number | undefined;
}

/** Sets up what a pod mounts, keeps it current, and removes it with the pod. */
export class VolumeManager {
  readonly #options: VolumeManagerOptions;

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  /** Idempotent; called on every sync, which is how changed config maps reach running pods. */
  async setUp(pod: V1Pod, downward: DownwardContext): Promise<PodVolumes> {
    const byName = new Map<string, PreparedVolume>();
    let refreshAtMs: number | undefined;
    for (const volume of pod.spec?.volumes ?? []) {
      const prepared = await this.#setUpOne(pod, volume, downward);
      byName.set(volume.name, prepared);
      if (prepared.refreshAtMs !== undefined)
        refreshAtMs = Math.min(refreshAtMs ?? Number.POSITIVE_INFINITY, prepared.refreshAtMs);
    }
    return { byName, refreshAtMs };
  }

  /** The mounts of one container, sub-paths made where they are missing. */
  async mountsFor(
    pod: V1Pod,
    container: V1Container,
    volumes: PodVolumes,
    expandPath: (text: string) => string,
  ): Promise<Mount[]> {
    const mounts: Mount[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const volume = volumes.byName.get(mount.name);
      if (!volume) throw new ContainerConfigError(`volume ${mount.name} of pod ${pod.metadata.name} is not set up`);
      const subPath = mount.subPathExpr ? expandPath(mount.subPathExpr) : (mount.subPath ?? "");
      mounts.push({
        source: subPath ? await this.#subPath(volume, subPath) : volume.source,
        target: mount.mountPath,
        isReadOnly: volume.isReadOnly || (mount.readOnly ?? false),
      });
    }
    return mounts;
  }

  /** Mounts that keep memory-backed volumes alive on the sandbox. */
  sandboxMounts(volumes: PodVolumes): Mount[] {
    return [...volumes.byName.values()]
      .filter((volume) => volume.needsSandbox)
      .map((volume, index) => ({ source: volume.source, target: `/keep/${index}`, isReadOnly: false }));
  }

  async tearDown(podUid: string): Promise<void> {
    await rm(this.#podDirectory(podUid), { recursive: true, force: true });
    await this.#options.removeMemoryVolumes(podUid);
  }

  async #setUpOne(pod: V1Pod, volume: V1Volume, downward: DownwardContext): Promise<PreparedVolume> {
    const plugin = this.#options.plugins.find((candidate) => volume[candidate.type] !== undefined);
    if (!plugin) {
      const type = Object.keys(volume).find((field) => field !== "name") ?? "unknown";
      throw new ContainerConfigError(`volume ${volume.name}: no plugin for volume type ${type}`);
    }
    const { rootDirectory, objects, clock } = this.#options;
    const podUid = pod.metadata.uid ?? "";
    return plugin.setUp({
      pod,
      volume,
      directory: join(this.#podDirectory(podUid), "volumes", `kubernetes.io~${plugin.type}`, volume.name),
      nodeRoot: join(rootDirectory, "node-root"),
      objects,
      downward,
      nowMs: clock.nowMs(),
      toDaemonPath: (path) => this.#options.toDaemonPath(path),
      createMemoryVolume: (name, sizeBytes) => this.#options.createMemoryVolume(podUid, name, sizeBytes),
    });
  }

  async #subPath(volume: PreparedVolume, subPath: string): Promise<string> {
    const path = normalize(subPath);
    if (!volume.hasSubPaths || volume.localPath === undefined || path.startsWith("..") || path.startsWith("/"))
      throw new ContainerConfigError(`subPath ${subPath} cannot be mounted`);
    const local = join(volume.localPath, path);
    if (!(await stat(local).catch(() => undefined))) await mkdir(local, { recursive: true });
    return this.#options.toDaemonPath(local);
  }

  #podDirectory(podUid: string): string {
    return join(this.#options.rootDirectory, "pods", podUid);
  }
}
