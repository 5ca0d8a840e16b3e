import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { containerTypes, labels } from "../names.ts";
import type {
  ContainerConfig,
  ContainerRuntime,
  ContainerStats,
  ExecOptions,
  ExecSession,
  LogOptions,
  RuntimeEvent,
  RuntimeImage,
  RuntimePod,
  RuntimeSandbox,
  SandboxConfig,
} from "../runtime.ts";
import { dockerMessage, isNotFound, statusCode } from "./connect.ts";
import { createContainer } from "./create-container.ts";
import { runSandbox } from "./create-sandbox.ts";
import { attachToContainer, execInContainer } from "./exec.ts";
import { toRuntimeContainer, toRuntimeSandbox } from "./inspect.ts";
import { containerLogs } from "./logs.ts";
import type { DockerScope } from "./scope.ts";
import { toContainerStats } from "./stats.ts";

/** Docker Engine as the node's container runtime. */
export class DockerRuntime implements ContainerRuntime {
  readonly #docker: Docker;
  readonly #scope: DockerScope;

  constructor(docker: Docker, scope: DockerScope) {
    this.#docker = docker;
    this.#scope = scope;
  }

  async version() {
    const [version, info] = await Promise.all([this.#docker.version(), this.#docker.info()]);
    return {
      name: "docker",
      version: version.Version,
      apiVersion: version.ApiVersion,
      kernelVersion: version.KernelVersion ?? "",
      osImage: (info as { OperatingSystem?: string }).OperatingSystem ?? "",
    };
  }

  async listPods(): Promise<RuntimePod[]> {
    const all = await this.#inspectAll([]);
    const uids = [...new Set(all.map((info) => info.Config.Labels[labels.podUid] ?? ""))];
    return uids.map((uid) =>
      toPod(
        uid,
        all.filter((info) => info.Config.Labels[labels.podUid] === uid),
      ),
    );
  }

  async podStatus(uid: string): Promise<RuntimePod | undefined> {
    const infos = await this.#inspectAll([`${labels.podUid}=${uid}`]);
    return infos.length === 0 ? undefined : toPod(uid, infos);
  }

  runSandbox(config: SandboxConfig): Promise<RuntimeSandbox> {
    return runSandbox(this.#docker, this.#scope, config);
  }

  removeSandbox(id: string): Promise<void> {
    return this.#remove(id);
  }

  createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    return createContainer(this.#docker, this.#scope, sandboxId, config);
  }

  async startContainer(id: string): Promise<void> {
    await this.#docker
      .getContainer(id)
      .start()
      .catch(ignore([304]));
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    await this.#docker
      .getContainer(id)
      .stop({ t: graceSeconds })
      .catch(ignore([304, 404]));
  }

  removeContainer(id: string): Promise<void> {
    return this.#remove(id);
  }

  async imageStatus(reference: string): Promise<RuntimeImage | undefined> {
    try {
      const info = await this.#docker.getImage(reference).inspect();
      const names = [...(info.RepoTags ?? []), ...(info.RepoDigests ?? [])];
      return { id: info.Id, names, sizeBytes: info.Size, user: info.Config?.User ?? "" };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw new Error(dockerMessage(error), { cause: error });
    }
  }

  async pullImage(reference: string): Promise<void> {
    try {
      const stream = await this.#docker.pull(reference);
      await new Promise<void>((resolve, reject) => {
        this.#docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      throw new Error(dockerMessage(error), { cause: error });
    }
  }

  async listImages(): Promise<RuntimeImage[]> {
    const images = await this.#docker.listImages();
    return images.map((image) => ({
      id: image.Id,
      names: [...(image.RepoDigests ?? []), ...(image.RepoTags ?? [])].filter((name) => !name.startsWith("<none>")),
      sizeBytes: image.Size,
      user: "",
    }));
  }

  async createMemoryVolume(podUid: string, name: string, sizeBytes: number | undefined): Promise<string> {
    const volume = {
      Name: `${this.#scope.namePrefix}_${podUid}_${name}`,
      Driver: "local",
      DriverOpts: {
        type: "tmpfs",
        device: "tmpfs",
        o: sizeBytes === undefined ? "mode=1777" : `size=${sizeBytes},mode=1777`,
      },
      Labels: { ...this.#scope.labels, [labels.podUid]: podUid },
    };
    await this.#docker.createVolume(volume);
    return volume.Name;
  }

  async removeMemoryVolumes(podUid: string): Promise<void> {
    const filters = JSON.stringify({ label: [...this.#labelFilters(), `${labels.podUid}=${podUid}`] });
    const { Volumes } = await this.#docker.listVolumes({ filters });
    for (const volume of Volumes ?? [])
      await this.#docker
        .getVolume(volume.Name)
        .remove()
        .catch(ignore([404, 409]));
  }

  exec(id: string, options: ExecOptions): Promise<ExecSession> {
    return execInContainer(this.#docker, id, options);
  }

  attach(id: string, options: Omit<ExecOptions, "command">): Promise<ExecSession> {
    return attachToContainer(this.#docker, id, options);
  }

  logs(id: string, options: LogOptions): Promise<Readable> {
    return containerLogs(this.#docker, id, options);
  }

  async stats(id: string): Promise<ContainerStats> {
    return toContainerStats(await this.#docker.getContainer(id).stats({ stream: false, "one-shot": true }));
  }

  async *events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const filters = {
      type: ["container"],
      label: this.#labelFilters(),
      event: ["create", "start", "die", "oom", "destroy"],
    };
    const stream = (await this.#docker.getEvents({ filters: JSON.stringify(filters) })) as Readable;
    signal.addEventListener("abort", () => stream.destroy(), { once: true });
    let rest = "";
    try {
      for await (const chunk of stream) {
        const lines = (rest + String(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line.trim() !== "") yield toEvent(line);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #inspectAll(extraLabels: readonly string[]): Promise<Docker.ContainerInspectInfo[]> {
    const filters = { label: [...this.#labelFilters(), ...extraLabels] };
    const found = await this.#docker.listContainers({ all: true, filters: JSON.stringify(filters) });
    const infos = await Promise.all(
      found.map((container) =>
        this.#docker
          .getContainer(container.Id)
          .inspect()
          .catch((error: unknown) => {
            if (isNotFound(error)) return undefined;
            throw error;
          }),
      ),
    );
    return infos.filter((info) => info !== undefined);
  }

  #labelFilters(): string[] {
    return Object.entries(this.#scope.labels).map(([name, value]) => `${name}=${value}`);
  }

  async #remove(id: string): Promise<void> {
    await this.#docker
      .getContainer(id)
      .remove({ force: true, v: true })
      .catch(ignore([404, 409]));
  }
}

function toPod(uid: string, infos: readonly Docker.ContainerInspectInfo[]): RuntimePod {
  const isSandbox = (info: Docker.ContainerInspectInfo) => info.Config.Labels[labels.type] === containerTypes.sandbox;
  const first = infos[0]?.Config.Labels ?? {};
  return {
    uid,
    name: first[labels.podName] ?? "",
    namespace: first[labels.podNamespace] ?? "",
    sandboxes: infos.filter(isSandbox).map(toRuntimeSandbox).sort(newestFirst),
    containers: infos
      .filter((info) => !isSandbox(info))
      .map(toRuntimeContainer)
      .sort(newestFirst),
  };
}

function newestFirst(a: { attempt: number; createdAtMs: number }, b: { attempt: number; createdAtMs: number }): number {
  return b.attempt - a.attempt || b.createdAtMs - a.createdAtMs;
}

function toEvent(line: string): RuntimeEvent {
  const event = JSON.parse(line) as { Action: string; Actor: { Attributes: Record<string, string> } };
  const attributes = event.Actor.Attributes;
  return {
    podUid: attributes[labels.podUid] ?? "",
    containerName: attributes[labels.containerName] ?? "",
    action: event.Action,
  };
}

/** Passes over answers that mean the wanted state is there already. */
function ignore(codes: readonly number[]) {
  return (error: unknown) => {
    if (!codes.includes(statusCode(error))) throw new Error(dockerMessage(error), { cause: error });
  };
}
