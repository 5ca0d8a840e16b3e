import { removeContext } from "../lab/kubeconfig-file.ts";
import { removePodContainers, removePodVolumes } from "../lab/pods.ts";
import type { CommandContext } from "./context.ts";

/** Removes everything `up` made but images, installed programs and the certificates' directory: containers, networks, volumes, kubeconfig entries. */
export async function down(context: CommandContext): Promise<void> {
  const { steps, docker, settings } = context;
  if (await isEngineGone(context)) {
    steps.note("No Docker engine answers: there is nothing running to take down.");
  } else {
    await steps.step("Nodes", () => removeNodes(context));
    await steps.step("Pods", async () => {
      const count = await removePodContainers(docker, settings.name);
      await removePodVolumes(docker, settings.name);
      return `${count} containers`;
    });
    const compose = await context.compose();
    await steps.step("Containers, networks, volumes", async (progress) => {
      await compose.run(["down", "--volumes", "--remove-orphans", "--timeout", "5"], progress);
    });
  }
  await steps.step("kubeconfig", async () => removeContext(settings.name));
}

/** All containers go, all data stays. */
export async function stop(context: CommandContext): Promise<void> {
  const { steps, docker, settings } = context;
  await steps.step("Nodes", () => removeNodes(context));
  await steps.step("Pods", async () => `${await removePodContainers(docker, settings.name)} containers`);
  const compose = await context.compose();
  await steps.step("Containers", async (progress) => {
    await compose.run(["down", "--timeout", "20"], progress);
  });
}

/** Kubelets first: they would start again what is removed under their hands. */
async function removeNodes({ docker, settings }: CommandContext): Promise<void> {
  const names = [1, 2, 3].flatMap((number) => [
    `${settings.name}-kube-proxy-${number}`,
    `${settings.name}-node-${number}`,
  ]);
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
