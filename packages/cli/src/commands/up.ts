import { join } from "node:path";
import { ensurePki } from "@drydock/pki";
import { ensureCompose, ensureDocker } from "../host/ensure-docker.ts";
import { ensureKubectl } from "../host/ensure-kubectl.ts";
import { run } from "../host/run.ts";
import { ensureBaseImages, ensureLabImage } from "../images/ensure-images.ts";
import { isApiReady, readyNodes } from "../lab/api-health.ts";
import { waitForHealth } from "../lab/health.ts";
import { addContext } from "../lab/kubeconfig-file.ts";
import { preflight } from "../lab/preflight.ts";
import { writeProjectName } from "../lab/project-name.ts";
import { topologyOf } from "../lab/settings.ts";
import type { CommandContext } from "./context.ts";

const HEALTH_TIMEOUT_MS = 180_000;
const NODES_TIMEOUT_MS = 120_000;

/** Brings the lab up from whatever state the machine is in. Idempotent; may be interrupted and run again. */
export async function up(context: CommandContext): Promise<void> {
  const { steps, docker, root, settings } = context;
  await steps.step("Docker engine", (progress) => ensureDocker(context.state, progress));
  await steps.step("Docker Compose", async (progress) => (await ensureCompose(progress)).join(" "));
  await steps.step("kubectl", ensureKubectl);
  await steps.step("Base images", (progress) => ensureBaseImages(docker, root, progress));
  await steps.step("Lab image", (progress) => ensureLabImage(docker, root, settings.image, progress));
  await start(context);
  await showResult(context);
}

/** From prepared images to a healthy cluster. */
export async function start(context: CommandContext): Promise<void> {
  const { steps, docker, settings, pki } = context;
  writeProjectName(settings.root, settings.name);
  await steps.step("Certificates", async () => {
    const { issued } = await ensurePki(pki, topologyOf(settings.subnet, settings.apiPort));
    return issued.length === 0 ? "all present" : `issued ${issued.length}`;
  });
  await steps.step("Ports and network", () => preflight(docker, settings));
  const compose = await context.compose();
  await steps.step("Containers", async (progress) => {
    await compose.run(["up", "-d"], progress);
  });
  await steps.step("Health checks", (progress) =>
    waitForHealth(docker, settings.name, () => isApiReady(pki, settings.apiPort), HEALTH_TIMEOUT_MS, progress),
  );
  await steps.step("Nodes", (progress) => waitForNodes(context, progress));
  await steps.step(
    "kubeconfig",
    async () => `context ${settings.name} in ${addContext(settings.name, join(pki, "admin/admin.conf"))}`,
  );
}

async function waitForNodes({ pki, settings }: CommandContext, progress: (text: string) => void): Promise<string> {
  const wanted = topologyOf(settings.subnet, settings.apiPort).nodes.map(({ name }) => name);
  const deadlineMs = Date.now() + NODES_TIMEOUT_MS;
  for (;;) {
    const ready = await readyNodes(pki, settings.apiPort);
    if (wanted.every((name) => ready.includes(name))) return `${wanted.length} ready`;
    progress(`${ready.length} of ${wanted.length} ready`);
    if (Date.now() > deadlineMs)
      throw new Error(`only ${ready.join(", ") || "no node"} became ready within ${NODES_TIMEOUT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function showResult({ steps, settings, pki }: CommandContext): Promise<void> {
  const table = await run("kubectl", ["--context", settings.name, "get", "nodes", "-o", "wide"]);
  const etcd = `ETCDCTL_API=3 etcdctl --endpoints=https://127.0.0.1:${settings.etcdPorts[0]} --cacert=${pki}/admin/etcd-ca.crt --cert=${pki}/admin/etcd-client.crt --key=${pki}/admin/etcd-client.key`;
  steps.note(`\n${table}\nThe store:  ${etcd} endpoint status -w table\n`);
  steps.note("Try next:");
  steps.note("  kubectl create deployment web --image=nginx --replicas=3");
  steps.note("  kubectl get pods -o wide -w");
  steps.note(`  docker kill ${settings.name}-etcd-1     # then: kubectl get nodes — and docker start it again`);
}
