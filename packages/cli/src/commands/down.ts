import { removeContainers, removeNetwork, removeVolumes } from "../lab/containers.ts";
import { removeContext } from "../lab/kubeconfig-file.ts";
import { removePodContainers, removePodVolumes } from "../lab/pods.ts";
import { removeProjectName } from "../lab/project-name.ts";
import type { CommandContext } from "./context.ts";

const KEPT_NETWORK = "the engine keeps an empty network until it is restarted; the next up uses it";

/** Removes everything `up` made but images, installed programs and the certificates' directory: containers, networks, volumes, kubeconfig entries. */
export async function down(context: CommandContext): Promise<void> {
  const { steps, docker, settings } = context;
  if (await isEngineGone(context)) {
    steps.note("No Docker engine answers: there is nothing running to take down.");
  } else {
    await removeEverythingThatRuns(context, 5);
    await steps.step("Volumes", async () => {
      await removePodVolumes(docker, settings.name);
      await removeVolumes(docker, settings.name);
    });
  }
  await steps.step("kubeconfig", async () => removeContext(settings.name));
  removeProjectName(settings.root);
}

/** All containers go, all data stays. */
export async function stop(context: CommandContext): Promise<void> {
  await removeEverythingThatRuns(context, 20);
}

/** Kubelets first: they would start again what is removed under their hands. */
async function removeEverythingThatRuns(
  { steps, docker, settings }: CommandContext,
  graceSeconds: number,
): Promise<void> {
  await steps.step("Nodes", () => stopNodes(docker, settings.name));
  await steps.step("Pods", async () => `${await removePodContainers(docker, settings.name)} containers`);
  await steps.step(
    "Containers",
    async () => `${await removeContainers(docker, settings.name, graceSeconds)} containers`,
  );
  await steps.step("Network", async () => ((await removeNetwork(docker, settings.name)) ? undefined : KEPT_NETWORK));
}

async function stopNodes(docker: CommandContext["docker"], lab: string): Promise<void> {
  const names = [1, 2, 3].flatMap((number) => [`${lab}-kube-proxy-${number}`, `${lab}-node-${number}`]);
  await Promise.all(
    names.map((name) =>
      docker
        .getContainer(name)
        .stop({ t: 5 })
        .catch((error: { statusCode?: number }) => {
          if (error.statusCode !== 304 && error.statusCode !== 404) throw error;
        }),
    ),
  );
}

async function isEngineGone({ docker }: CommandContext): Promise<boolean> {
  return docker.ping().then(
    () => false,
    () => true,
  );
}
