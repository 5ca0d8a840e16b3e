import type Docker from "dockerode";

const LAB_LABEL = "io.drydock.lab";

/** Removes the containers that the lab's kubelets started: applications first, then what holds their namespaces. */
export async function removePodContainers(docker: Docker, lab: string): Promise<number> {
  const found = await docker.listContainers({ all: true, filters: JSON.stringify({ label: [`${LAB_LABEL}=${lab}`] }) });
  const isSandbox = (container: Docker.ContainerInfo) => container.Labels["io.kubernetes.docker.type"] === "podsandbox";
  for (const group of [found.filter((container) => !isSandbox(container)), found.filter(isSandbox)]) {
    await Promise.all(
      group.map((container) => docker.getContainer(container.Id).remove({ force: true, v: true }).catch(ignoreGone)),
    );
  }
  return found.length;
}

export async function removePodVolumes(docker: Docker, lab: string): Promise<void> {
  const { Volumes } = await docker.listVolumes({ filters: JSON.stringify({ label: [`${LAB_LABEL}=${lab}`] }) });
  for (const volume of Volumes ?? []) await docker.getVolume(volume.Name).remove().catch(ignoreGone);
}

function ignoreGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
}
