import { PassThrough, Readable } from "node:stream";
import type Docker from "dockerode";
import type { LogOptions } from "../runtime.ts";

/** A container's output, decoded from Docker's framing. */
export async function containerLogs(docker: Docker, id: string, options: LogOptions): Promise<Readable> {
  const container = docker.getContainer(id);
  const query = {
    stdout: options.stream !== "Stderr",
    stderr: options.stream !== "Stdout",
    timestamps: options.timestamps,
    ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
    ...(options.sinceMs === undefined ? {} : { since: options.sinceMs / 1000 }),
  };
  const isTty = (await container.inspect()).Config.Tty;
  if (!options.follow) {
    const bytes = await container.logs({ ...query, follow: false });
    return isTty ? Readable.from([bytes]) : decode(docker, Readable.from([bytes]));
  }
  const stream = (await container.logs({ ...query, follow: true })) as unknown as Readable;
  options.signal.addEventListener("abort", () => stream.destroy(), { once: true });
  return isTty ? stream : decode(docker, stream);
}

function decode(docker: Docker, framed: Readable): Readable {
  const output = new PassThrough();
  docker.modem.demuxStream(framed, output, output);
  framed.once("end", () => output.end());
  framed.once("close", () => output.end());
  framed.once("error", () => output.end());
  return output;
}
