import { readFileSync, rmSync } from "node:fs";

/** Where dockerd looks for an engine, and a containerd of its own, that still run. */
const PID_FILES: Readonly<Record<string, string>> = {
  "/var/run/docker.pid": "dockerd",
  "/var/run/docker/containerd/containerd.pid": "containerd",
};

/**
 * After a kill these files stay, and as soon as some other process has got the number in one, dockerd takes that for its containerd and waits for it
 * in vain. Files whose process is gone, or is another program, are removed. Returns which.
 */
export function removeStalePids(
  files = PID_FILES,
  programOf: (pid: number) => string | undefined = commandOf,
): string[] {
  return Object.entries(files).flatMap(([path, program]) => {
    const pid = readPid(path);
    if (pid === undefined || programOf(pid) === program) return [];
    rmSync(path, { force: true });
    return [path];
  });
}

function readPid(path: string): number | undefined {
  const text = readIfThere(path);
  return text === undefined ? undefined : Number(text.trim());
}

function commandOf(pid: number): string | undefined {
  return readIfThere(`/proc/${pid}/comm`)?.trim();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
