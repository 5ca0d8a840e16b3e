import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Mount } from "../runtime/runtime.ts";

/** Upstream's limit for one message. */
const MAX_BYTES = 4096;
const DEFAULT_TARGET = "/dev/termination-log";

/** The file a container writes its last words to: on the node's disk, bound into the container, so that it outlives it. */
export class TerminationLogs {
  readonly #rootDirectory: string;
  readonly #toDaemonPath: (path: string) => string;

  constructor(rootDirectory: string, toDaemonPath: (path: string) => string) {
    this.#rootDirectory = rootDirectory;
    this.#toDaemonPath = toDaemonPath;
  }

  async mount(podUid: string, container: string, attempt: number, target = DEFAULT_TARGET): Promise<Mount> {
    const path = this.#path(podUid, container, attempt);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "", { mode: 0o666, flag: "a" });
    return { source: this.#toDaemonPath(path), target, isReadOnly: false };
  }

  /** Empty when nothing was written. */
  async read(podUid: string, container: string, attempt: number): Promise<string> {
    const bytes = await readFile(this.#path(podUid, container, attempt)).catch(() => Buffer.alloc(0));
    return bytes.subarray(0, MAX_BYTES).toString("utf8");
  }

  #path(podUid: string, container: string, attempt: number): string {
    return join(this.#rootDirectory, "pods", podUid, "containers", container, String(attempt));
  }
}
