import type { ContainerRef } from "@drydock/proto/drydock/node/v1/node";
import { status } from "@grpc/grpc-js";
import type { ExecSession } from "../runtime/runtime.ts";
import { findPod, findRunning, NodeError, type PodDirectory } from "./pod-directory.ts";

/** What a caller wants of a command or of a container's main process. */
export interface SessionStart {
  readonly target: ContainerRef | undefined;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Runs a command in a container. */
export async function openExec(directory: PodDirectory, start: SessionStart): Promise<ExecSession> {
  if (start.command.length === 0)
    throw new NodeError(status.INVALID_ARGUMENT, "you must specify at least 1 command for the container");
  const container = await findRunning(directory, start.target);
  return directory.runtime.exec(container.id, {
    command: start.command,
    isTty: start.tty,
    hasStdin: start.stdin,
    hasStdout: start.stdout,
    hasStderr: start.stderr,
  });
}

/** Connects to a container's main process. The container's own spec decides whether it is a terminal. */
export async function openAttach(directory: PodDirectory, start: SessionStart): Promise<ExecSession> {
  const container = await findRunning(directory, start.target);
  const spec = findPod(directory, start.target).spec?.containers.find(({ name }) => name === container.name);
  return directory.runtime.attach(container.id, {
    isTty: spec?.tty ?? false,
    hasStdin: start.stdin,
    hasStdout: start.stdout,
    hasStderr: start.stderr,
  });
}
