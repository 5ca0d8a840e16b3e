import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";

const COMMAND_TIMEOUT_MS = 60_000;

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Arguments, separated by single blanks or as a list. */
export type Command = string | readonly string[];
export type Environment = Readonly<Record<string, string>>;

export interface KubectlBinary {
  /** `kubectl`, or `kubectl.1.NN` for one of several. */
  readonly name: string;
  readonly path: string;
}

/**
 * The real kubectl of this machine, and the newest other one. Others are called `kubectl.1.NN` and lie in a directory of PATH or of
 * DRYDOCK_TEST_KUBECTLS, a list of directories of the same form.
 */
export function findKubectls(): KubectlBinary[] {
  const found = new Map<number, KubectlBinary>();
  for (const directory of (process.env["DRYDOCK_TEST_KUBECTLS"] ?? "").split(delimiter).concat(pathDirectories())) {
    for (const name of namesIn(directory)) {
      const minor = Number(/^kubectl\.1\.(\d+)$/.exec(name)?.[1] ?? Number.NaN);
      if (!Number.isNaN(minor) && !found.has(minor)) found.set(minor, { name, path: join(directory, name) });
    }
  }
  const newest = found.get(Math.max(...found.keys()));
  return [{ name: "kubectl", path: "kubectl" }, ...(newest ? [newest] : [])];
}

function pathDirectories(): string[] {
  return (process.env["PATH"] ?? "").split(delimiter);
}

function namesIn(directory: string): string[] {
  if (directory === "") return [];
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** One kubectl as one user, with a home directory and a kubeconfig of its own. */
export class Kubectl {
  readonly #binary: KubectlBinary;
  readonly #home: string;

  private constructor(binary: KubectlBinary, home: string) {
    this.#binary = binary;
    this.#home = home;
  }

  static async create(binary: KubectlBinary, home: string, kubeconfig: string): Promise<Kubectl> {
    await mkdir(home, { recursive: true });
    await copyFile(kubeconfig, join(home, "kubeconfig"));
    return new Kubectl(binary, home);
  }

  /** Runs a command line to its end, whatever that is. */
  async run(command: Command, stdin?: string, environment?: Environment): Promise<Finished> {
    const child = this.start(command, environment);
    // It may have ended without reading.
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin ?? "");
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    const timer = setTimeout(() => child.kill("SIGKILL"), COMMAND_TIMEOUT_MS);
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    clearTimeout(timer);
    if (code === null) throw new Error(`${this.#binary.name} ${command}: ended by ${signal}\n${output.stderr}`);
    return { code, ...output };
  }

  /** Runs a command that must succeed; its output. */
  async ok(command: Command, stdin?: string, environment?: Environment): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, stdin, environment);
    if (code !== 0) throw new Error(`${this.#binary.name} ${command}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs a command that must fail; what it complained about. */
  async fails(command: Command, stdin?: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, stdin);
    if (code === 0) throw new Error(`${this.#binary.name} ${command}: succeeded\n${stdout}${stderr}`);
    return stderr.trim();
  }

  /** Starts a command that goes on; the caller ends it. */
  start(command: Command, environment: Environment = {}): ChildProcess {
    return this.#spawn(this.#binary.path, typeof command === "string" ? command.split(" ") : command, environment);
  }

  /** Starts a shell command line with a terminal of its own; `$KUBECTL` is this kubectl. */
  startOnTerminal(commandLine: string): ChildProcess {
    return this.#spawn("script", ["-qec", commandLine, "/dev/null"], { KUBECTL: this.#binary.path });
  }

  #spawn(program: string, args: readonly string[], environment: Environment): ChildProcess {
    const env = { ...process.env, HOME: this.#home, KUBECONFIG: join(this.#home, "kubeconfig"), ...environment };
    return spawn(program, args, { env, stdio: "pipe" });
  }
}
