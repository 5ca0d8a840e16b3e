import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { UserError } from "../report/steps.ts";
import { installPackages } from "./apt.ts";
import { isInstalled, tryRun } from "./run.ts";
import { removeStalePids } from "./stale-pids.ts";

const START_TIMEOUT_MS = 60_000;

/** A Docker engine that answers: the one that is there, else the distribution's, installed and started. Returns what it is. */
export async function ensureDocker(stateDirectory: string, progress: (text: string) => void): Promise<string> {
  const present = await engineVersion();
  if (present) return `Docker ${present}`;
  if (process.env["DOCKER_HOST"])
    throw new UserError(`no Docker engine answers at DOCKER_HOST=${process.env["DOCKER_HOST"]}`);
  if (!existsSync("/usr/sbin/dockerd") && !(await isInstalled("dockerd"))) {
    progress("installing docker.io");
    await installPackages("Docker Engine", ["docker.io", "iptables", "ca-certificates"], progress);
  }
  progress("starting dockerd");
  await startEngine(stateDirectory);
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadlineMs) {
    const version = await engineVersion();
    if (version) return `Docker ${version}, started`;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new UserError(
    `the Docker engine did not start within ${START_TIMEOUT_MS / 1000} s; its log: ${join(stateDirectory, "dockerd.log")}`,
  );
}

/** How compose is called here: the plugin (`docker compose`) or the program of its own (`docker-compose`). Installs the latter if neither is there. */
export async function ensureCompose(progress: (text: string) => void): Promise<readonly string[]> {
  const found = await findCompose();
  if (found) return found;
  progress("installing docker-compose");
  await installPackages("Docker Compose", ["docker-compose"], progress);
  const installed = await findCompose();
  if (!installed) throw new UserError("docker-compose was installed but does not run");
  return installed;
}

async function findCompose(): Promise<readonly string[] | undefined> {
  for (const command of [["docker", "compose"], ["docker-compose"]]) {
    const [program, ...args] = command as [string, ...string[]];
    if ((await tryRun(program, [...args, "version"])).code === 0) return command;
  }
  return undefined;
}

async function engineVersion(): Promise<string | undefined> {
  try {
    return (await new Docker().version()).Version;
  } catch {
    return undefined;
  }
}

/** Through the service manager where one runs; else as a process of its own that outlives this one. */
async function startEngine(stateDirectory: string): Promise<void> {
  if (existsSync("/run/systemd/system")) {
    const result = await tryRun("systemctl", ["start", "docker"]);
    if (result.code !== 0) throw new UserError(`systemctl start docker: ${result.stderr}`);
    return;
  }
  removeStalePids();
  mkdirSync(stateDirectory, { recursive: true });
  const log = openSync(join(stateDirectory, "dockerd.log"), "a");
  spawn("dockerd", [], {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  }).unref();
}
