import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Processes by name, each with a log file in `directory`. None outlives the test runner. */
export class Processes {
  readonly #directory: string;
  readonly #children = new Map<string, ChildProcess>();
  readonly #commands = new Map<string, readonly [command: string, args: readonly string[]]>();
  readonly #killAll = () => {
    for (const child of this.#children.values()) child.kill("SIGKILL");
  };

  constructor(directory: string) {
    this.#directory = directory;
    process.once("exit", this.#killAll);
  }

  async run(name: string, command: string, args: readonly string[]): Promise<void> {
    const log = await open(join(this.#directory, `${name}.log`), "a");
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", log.fd, log.fd] });
    await log.close();
    this.#children.set(name, child);
    this.#commands.set(name, [command, args]);
  }

  /** One of the project's own services, as `npm run` would start it. */
  runService(service: string, args: readonly string[], name = service): Promise<void> {
    return this.run(name, process.execPath, [join(ROOT, "services", service, "src/main.ts"), ...args]);
  }

  /** SIGKILL, and wait until it is gone. */
  async kill(name: string): Promise<void> {
    const child = this.#children.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** SIGTERM; resolves with the exit code when it has ended by itself. */
  async terminate(name: string): Promise<number | null> {
    const child = this.#children.get(name);
    if (!child) throw new Error(`no process ${name}`);
    if (child.exitCode !== null) return child.exitCode;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    return child.exitCode;
  }

  /** Kills it and runs it again as it was run before. */
  async restart(name: string): Promise<void> {
    const before = this.#commands.get(name);
    if (!before) throw new Error(`no process ${name}`);
    await this.kill(name);
    await this.run(name, ...before);
  }

  /** What a process wrote, for the message of a failed test. */
  logs(name: string): Promise<string> {
    return readFile(join(this.#directory, `${name}.log`), "utf8");
  }

  /** Ends all, the last started first. */
  async stop(): Promise<void> {
    for (const name of [...this.#children.keys()].reverse()) await this.kill(name);
    process.off("exit", this.#killAll);
  }
}
