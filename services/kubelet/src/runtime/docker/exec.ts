import type { Duplex } from "node:stream";
import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import type { ExecOptions, ExecSession } from "../runtime.ts";

/** Starts a command in a running container. */
export async function execInContainer(docker: Docker, id: string, options: ExecOptions): Promise<ExecSession> {
  const exec = await docker.getContainer(id).exec({
    Cmd: [...options.command],
    AttachStdin: options.hasStdin,
    AttachStdout: options.hasStdout,
    AttachStderr: options.hasStderr,
    Tty: options.isTty,
  });
  const stream = (await exec.start({ hijack: true, stdin: options.hasStdin, Tty: options.isTty })) as Duplex;
  return createSession(docker, stream, options.isTty, {
    resize: (w, h) => exec.resize({ w, h }),
    exitCode: async () => (await exec.inspect()).ExitCode ?? 0,
  });
}

/** Connects to the main process of a running container. */
export async function attachToContainer(
  docker: Docker,
  id: string,
  options: Omit<ExecOptions, "command">,
): Promise<ExecSession> {
  const container = docker.getContainer(id);
  const stream = (await container.attach({
    stream: true,
    hijack: true,
    stdin: options.hasStdin,
    stdout: options.hasStdout,
    stderr: options.hasStderr,
  })) as Duplex;
  return createSession(docker, stream, options.isTty, {
    resize: (w, h) => container.resize({ w, h }),
    exitCode: async () => (await container.inspect()).State.ExitCode,
  });
}

interface Control {
  resize(width: number, height: number): Promise<unknown>;
  exitCode(): Promise<number>;
}

function createSession(docker: Docker, stream: Duplex, isTty: boolean, control: Control): ExecSession {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  if (isTty) stream.pipe(stdout, { end: false });
  else docker.modem.demuxStream(stream, stdout, stderr);
  const exitCode = new Promise<number>((resolve, reject) => {
    stream.once("error", reject);
    stream.once("close", () => {
      stdout.end();
      stderr.end();
      control.exitCode().then(resolve, reject);
    });
    stream.once("end", () => stream.destroy());
  });
  exitCode.catch(() => {});
  return {
    stdin: stream,
    stdout,
    stderr,
    exitCode,
    resize: async (width, height) => {
      await control.resize(width, height);
    },
    close: () => stream.destroy(),
  };
}
