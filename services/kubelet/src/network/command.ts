import { spawn } from "node:child_process";

/** Runs a program with `input` on its standard input; resolves with its output, rejects with what it printed when it fails. */
export type RunCommand = (program: string, args: readonly string[], input?: string) => Promise<string>;

const TIMEOUT_MS = 20_000;

export const runCommand: RunCommand = (program, args, input = "") =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], timeout: TIMEOUT_MS });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.once("error", (error) => reject(new Error(`${program}: ${error.message}`, { cause: error })));
    // A program that ends before it has read its input must not take the kubelet with it.
    child.stdin.on("error", () => {});
    child.once("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new Error(
            `${program} ${args.join(" ")}: ${code === null ? `killed by ${signal}` : `exit code ${code}`}: ${stderr.trim()}`,
          ),
        );
    });
    child.stdin.end(input);
  });
