import type Docker from "dockerode";

/** What the node's own container tells: where its volume lies for the daemon, and what else belongs to the lab. */
export interface SelfContainer {
  readonly id: string;
  readonly startedAtMs: number;
  /** Maps a path below one of this container's mounts to the daemon's view of it. Throws for any other path. */
  toDaemonPath(path: string): string;
}

/** Inspects the container this process runs in; works the same for named volumes and bind mounts. */
export async function inspectSelf(docker: Docker, container: string): Promise<SelfContainer> {
  const info = await docker.getContainer(container).inspect();
  const mounts = info.Mounts.map((mount) => ({ inside: mount.Destination, outside: mount.Source })).sort(
    (a, b) => b.inside.length - a.inside.length,
  );
  return {
    id: info.Id,
    startedAtMs: Date.parse(info.State.StartedAt),
    toDaemonPath(path) {
      const mount = mounts.find(({ inside }) => path === inside || path.startsWith(`${inside}/`));
      if (!mount) throw new Error(`${path} is on no volume of the node: the container runtime cannot see it`);
      return mount.outside + path.slice(mount.inside.length);
    },
  };
}

/**
 * After a restart of the node's container its network namespace is a new one, while kube-proxy's container still holds the old.
 * Restarting it makes it join the new one. Docker does not do this by itself.
 */
export async function rejoinNetwork(
  docker: Docker,
  companion: string,
  self: SelfContainer,
): Promise<"joined" | "restarted" | "absent"> {
  const container = docker.getContainer(companion);
  const info = await container.inspect().catch((error: { statusCode?: number }) => {
    if (error.statusCode === 404) return undefined;
    throw error;
  });
  if (!info) return "absent";
  if (info.State.Running && Date.parse(info.State.StartedAt) > self.startedAtMs) return "joined";
  await container.restart({ t: 1 });
  return "restarted";
}
