import { spawn } from "node:child_process";
import type Docker from "dockerode";

/** Makes an image of a directory. `changes` are Dockerfile instructions (CMD, ENV, …), of which an import allows all but STOPSIGNAL. */
export async function importImage(
  docker: Docker,
  directory: string,
  name: string,
  changes: readonly string[],
): Promise<void> {
  const [repo, tag] = splitName(name);
  const archive = spawn("tar", ["--numeric-owner", "--owner=0", "--group=0", "-C", directory, "-cf", "-", "."], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const options = { repo, tag, changes: [...changes] };
  const response = await docker.importImage(archive.stdout, options);
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(response, (error) => (error ? reject(error) : resolve()));
  });
}

export async function hasImage(docker: Docker, name: string): Promise<boolean> {
  return docker
    .getImage(name)
    .inspect()
    .then(
      () => true,
      () => false,
    );
}

function splitName(name: string): [string, string] {
  const colon = name.lastIndexOf(":");
  return [name.slice(0, colon), name.slice(colon + 1)];
}
