import type { Duplex, Readable } from "node:stream";

/** Where a container or sandbox is in its life. `created` was never started. */
export type RuntimeState = "created" | "running" | "exited";

export interface RuntimeSandbox {
  readonly id: string;
  readonly podUid: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly attempt: number;
  readonly state: RuntimeState;
  readonly createdAtMs: number;
  /** The pod's address, decided when the sandbox was created; empty for host-network pods. */
  readonly ip: string;
  /** Process id of the sandbox in the host's pid namespace; 0 unless running. */
  readonly pid: number;
}

export interface RuntimeContainer {
  readonly id: string;
  readonly podUid: string;
  readonly sandboxId: string;
  /** The container's name in the pod. */
  readonly name: string;
  /** 0 for the first start in this pod, one more for each restart. */
  readonly attempt: number;
  readonly state: RuntimeState;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  /** What the runtime says of a failed start; empty otherwise. */
  readonly error: string;
  readonly image: string;
  readonly imageId: string;
  /** Hash of the container spec it was created from: a different one means the spec changed. */
  readonly specHash: string;
}

/** Everything the runtime holds of one pod, newest attempt first. */
export interface RuntimePod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly sandboxes: readonly RuntimeSandbox[];
  readonly containers: readonly RuntimeContainer[];
}

export interface SandboxConfig {
  readonly podUid: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly attempt: number;
  readonly hostname: string;
  readonly ip: string;
  readonly isHostNetwork: boolean;
  readonly dns: {
    readonly servers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  /** `name:ip` pairs for /etc/hosts. */
  readonly extraHosts: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Memory-backed volumes that must outlive their containers. */
  readonly mounts: readonly Mount[];
}

export interface Mount {
  /** A path the runtime's daemon sees, or the name of a runtime volume. */
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

export interface ContainerConfig {
  readonly podUid: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly specHash: string;
  /** Replaces the image's entry point; absent keeps it. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly isTty: boolean;
  readonly hasStdin: boolean;
  readonly isStdinOnce: boolean;
  readonly resources: ContainerResources;
  readonly security: ContainerSecurity;
  readonly isHostNetwork: boolean;
  readonly sharesProcesses: boolean;
}

/** 0 means no limit. */
export interface ContainerResources {
  readonly memoryLimitBytes: number;
  readonly cpuShares: number;
  readonly cpuQuotaMicros: number;
  readonly oomScoreAdj: number;
}

export interface ContainerSecurity {
  readonly user?: string;
  readonly groups: readonly string[];
  readonly isPrivileged: boolean;
  readonly isReadOnlyRoot: boolean;
  readonly allowPrivilegeEscalation: boolean;
  readonly addedCapabilities: readonly string[];
  readonly droppedCapabilities: readonly string[];
}

export interface RuntimeImage {
  readonly id: string;
  readonly names: readonly string[];
  readonly sizeBytes: number;
  /** The image's own user, empty for root. */
  readonly user: string;
}

export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly sinceMs?: number;
  readonly stream: "All" | "Stdout" | "Stderr";
  readonly signal: AbortSignal;
}

export interface ExecOptions {
  readonly command: readonly string[];
  readonly isTty: boolean;
  readonly hasStdin: boolean;
  readonly hasStdout: boolean;
  readonly hasStderr: boolean;
}

/** A running command or an attached container. With a TTY all output is `stdout`. */
export interface ExecSession {
  readonly stdin: Pick<Duplex, "write" | "end">;
  readonly stdout: Readable;
  readonly stderr: Readable;
  resize(width: number, height: number): Promise<void>;
  /** Resolves when all output has been read. */
  readonly exitCode: Promise<number>;
  close(): void;
}

export interface RuntimeEvent {
  readonly podUid: string;
  readonly containerName: string;
  readonly action: string;
}

export interface ContainerStats {
  readonly cpuUsageNanoSeconds: number;
  /** How often the time of a limited container was measured out, how often that was not enough, and how long it then had to wait. */
  readonly cpuPeriods: number;
  readonly cpuThrottledPeriods: number;
  readonly cpuThrottledNanoSeconds: number;
  readonly memoryUsageBytes: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryRssBytes: number;
  /** 0 means no limit. */
  readonly memoryLimitBytes: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
  readonly processes: number;
  readonly diskReadBytes: number;
  readonly diskWrittenBytes: number;
}

/**
 * A container runtime, shaped like the CRI. Creation is idempotent by name: creating what exists returns it. Stopping and
 * removing what is gone succeeds. Everything is scoped to one node.
 */
export interface ContainerRuntime {
  version(): Promise<{ name: string; version: string; apiVersion: string; kernelVersion: string; osImage: string }>;
  listPods(): Promise<RuntimePod[]>;
  podStatus(uid: string): Promise<RuntimePod | undefined>;

  /** Creates and starts the sandbox; returns it running, with its pid, without network. */
  runSandbox(config: SandboxConfig): Promise<RuntimeSandbox>;
  removeSandbox(id: string): Promise<void>;

  createContainer(sandboxId: string, config: ContainerConfig): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** TERM, then KILL after `graceSeconds`. */
  stopContainer(id: string, graceSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;

  imageStatus(reference: string): Promise<RuntimeImage | undefined>;
  pullImage(reference: string): Promise<void>;
  listImages(): Promise<RuntimeImage[]>;

  /** A memory-backed volume; returns its name. Idempotent. */
  createMemoryVolume(podUid: string, name: string, sizeBytes: number | undefined): Promise<string>;
  removeMemoryVolumes(podUid: string): Promise<void>;

  exec(id: string, options: ExecOptions): Promise<ExecSession>;
  attach(id: string, options: Omit<ExecOptions, "command">): Promise<ExecSession>;
  /** Decoded output in order of arrival; ends when the container does, or when there is no more and `follow` is false. */
  logs(id: string, options: LogOptions): Promise<Readable>;
  stats(id: string): Promise<ContainerStats>;
  /** What happens to this node's containers, until aborted. Ends early when the runtime's stream breaks. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
}

/** The newest sandbox, or undefined. */
export function newestSandbox(pod: RuntimePod | undefined): RuntimeSandbox | undefined {
  return pod?.sandboxes[0];
}

/** The newest attempt of the container called `name`. */
export function newestContainer(pod: RuntimePod | undefined, name: string): RuntimeContainer | undefined {
  return pod?.containers.find((container) => container.name === name);
}
