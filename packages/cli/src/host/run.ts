import { spawn } from "node:child_process";

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Told of each line of output as it comes. */
  readonly onLine?: (line: string) => void;
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; resolves whatever its exit code (127 when it does not exist, 124 when it took too long). */
export function tryRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: "pipe" });
    const output = { stdout: "", stderr: "" };
    let isLate = false;
    const timer = options.timeoutMs
      ? setTimeout(() => {
          isLate = true;
          child.kill("SIGKILL");
        }, options.timeoutMs)
      : undefined;
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
        if (options.onLine) for (const line of text.split("\n")) if (line.trim()) options.onLine(line.trim());
      });
    }
    child.stdin.on("error", () => {});
    child.once("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 127, stdout: output.stdout, stderr: error.message });
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code: isLate ? 124 : (code ?? 1), ...output });
    });
    child.stdin.end(options.input ?? "");
  });
}

/** Like tryRun, but a failure rejects with what the program printed. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(program, args, options);
  if (result.code !== 0)
    throw new Error(`${program} ${args.join(" ")}: exit code ${result.code}\n${result.stderr || result.stdout}`.trim());
  return result.stdout;
}

export async function isInstalled(program: string): Promise<boolean> {
  return (await tryRun("sh", ["-c", `command -v ${program}`])).code === 0;
}
