import type { V1Pod, V1Volume } from "@drydock/kube-api";
import type { DownwardContext } from "../container/downward-api.ts";
import type { ObjectSource } from "../container/object-source.ts";

/** What a plugin is given to set up one volume of one pod. */
export interface VolumeContext {
  readonly pod: V1Pod;
  readonly volume: V1Volume;
  /** This volume's own directory, as the kubelet sees it; exists for plugins that write files only after they made it. */
  readonly directory: string;
  /** The node's disk, as pods with hostPath volumes see it. */
  readonly nodeRoot: string;
  readonly objects: ObjectSource;
  readonly downward: DownwardContext;
  readonly nowMs: number;
  /** The same path as the runtime's daemon sees it. */
  toDaemonPath(path: string): string;
  /** A memory-backed volume of the runtime itself; returns what to mount. */
  createMemoryVolume(name: string, sizeBytes: number | undefined): Promise<string>;
}

export interface PreparedVolume {
  /** What a mount of this volume names as its source: a daemon path or a runtime volume. */
  readonly source: string;
  /** Paths below it may be mounted (`subPath`), which runtime volumes cannot offer. */
  readonly hasSubPaths: boolean;
  /** The directory as the kubelet sees it, where there is one. */
  readonly localPath?: string;
  readonly isReadOnly: boolean;
  /** Must be mounted on the sandbox too, or its contents end with its last user. */
  readonly needsSandbox: boolean;
  /** Ask again by then at the latest, because contents expire. */
  readonly refreshAtMs?: number;
}

/** One type of volume. `setUp` is idempotent: on every sync it makes the volume hold what it should hold now. */
export interface VolumePlugin {
  /** The field of V1Volume it serves. */
  readonly type: keyof V1Volume & string;
  setUp(context: VolumeContext): Promise<PreparedVolume>;
}
