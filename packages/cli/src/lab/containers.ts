import type Docker from "dockerode";

const PROJECT_LABEL = "com.docker.compose.project";

/** Stops and removes the lab's own containers, not those of its pods. Each gets `graceSeconds` to end in order. */
export async function removeContainers(docker: Docker, lab: string, graceSeconds: number): Promise<number> {
  const found = await docker.listContainers({ all: true, filters: byProject(lab) });
  await Promise.all(
    found.map(async ({ Id }) => {
      const container = docker.getContainer(Id);
      await container.stop({ t: graceSeconds }).catch(unless(304, 404));
      await container.remove({ force: true, v: true }).catch(unless(404, 409));
    }),
  );
  return found.length;
}

export async function removeVolumes(docker: Docker, lab: string): Promise<void> {
  const { Volumes } = await docker.listVolumes({ filters: byProject(lab) });
  for (const { Name } of Volumes ?? []) await docker.getVolume(Name).remove().catch(unless(404));
}

/** True when it is gone; false when the engine has miscounted and keeps an empty network until it is restarted. */
export async function removeNetwork(docker: Docker, lab: string): Promise<boolean> {
  const network = docker.getNetwork(lab);
  try {
    await network.remove();
    return true;
  } catch (error) {
    const { statusCode, message } = error as { statusCode?: number; message: string };
    if (statusCode === 404) return true;
    const { Containers } = (await network.inspect()) as { Containers?: Record<string, unknown> };
    if (!message.includes("has active endpoints") || Object.keys(Containers ?? {}).length > 0) throw error;
    return false;
  }
}

function byProject(lab: string): string {
  return JSON.stringify({ label: [`${PROJECT_LABEL}=${lab}`] });
}

function unless(...codes: number[]): (error: { statusCode?: number }) => void {
  return (error) => {
    if (error.statusCode === undefined || !codes.includes(error.statusCode)) throw error;
  };
}
