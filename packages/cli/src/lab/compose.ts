import { type RunResult, run, tryRun } from "../host/run.ts";
import type { LabSettings } from "./settings.ts";

/** Runs compose for one lab. */
export class Compose {
  readonly #command: readonly string[];
  readonly #settings: LabSettings;

  constructor(command: readonly string[], settings: LabSettings) {
    this.#command = command;
    this.#settings = settings;
  }

  run(args: readonly string[], onLine?: (line: string) => void): Promise<string> {
    const [program, ...rest] = this.#arguments(args);
    return run(program as string, rest, {
      cwd: this.#settings.root,
      env: this.#environment(),
      ...(onLine ? { onLine } : {}),
    });
  }

  tryRun(args: readonly string[]): Promise<RunResult> {
    const [program, ...rest] = this.#arguments(args);
    return tryRun(program as string, rest, { cwd: this.#settings.root, env: this.#environment() });
  }

  #arguments(args: readonly string[]): string[] {
    return [...this.#command, "--project-name", this.#settings.name, ...args];
  }

  #environment(): NodeJS.ProcessEnv {
    const { name, subnet, apiPort, etcdPorts, image } = this.#settings;
    return {
      ...process.env,
      DRYDOCK_LAB: name,
      DRYDOCK_SUBNET: subnet,
      DRYDOCK_API_PORT: String(apiPort),
      DRYDOCK_ETCD1_PORT: String(etcdPorts[0]),
      DRYDOCK_ETCD2_PORT: String(etcdPorts[1]),
      DRYDOCK_ETCD3_PORT: String(etcdPorts[2]),
      DRYDOCK_IMAGE: image,
    };
  }
}
