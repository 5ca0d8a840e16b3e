import { createServer } from "node:net";
import type Docker from "dockerode";
import { tryRun } from "../host/run.ts";
import { UserError } from "../report/steps.ts";
import type { LabSettings } from "./settings.ts";

/** Ports of node-1's node ports on the host's loopback. */
const NODE_PORTS = Array.from({ length: 11 }, (_, index) => 30_000 + index);

/** Says clearly when something the lab needs is taken by somebody else; nothing to say while the lab itself holds it. */
export async function preflight(docker: Docker, settings: LabSettings): Promise<void> {
  const own = await docker.listContainers({
    filters: JSON.stringify({ label: [`com.docker.compose.project=${settings.name}`] }),
  });
  const held = new Set(own.flatMap((container) => container.Ports.map((port) => port.PublicPort)));
  const wanted = [
    { port: settings.apiPort, setting: "DRYDOCK_API_PORT" },
    ...settings.etcdPorts.map((port, index) => ({ port, setting: `DRYDOCK_ETCD${index + 1}_PORT` })),
    ...NODE_PORTS.map((port) => ({ port, setting: "" })),
  ];
  for (const { port, setting } of wanted) {
    if (held.has(port) || (await isFree(port))) continue;
    const hint = setting
      ? `choose another with ${setting}=<port> in the environment or in .env`
      : "node ports of node-1 are published there; end what listens on it";
    throw new UserError(`port ${port} on 127.0.0.1 is taken: ${hint}`);
  }
  await checkSubnet(docker, settings);
}

async function checkSubnet(docker: Docker, settings: LabSettings): Promise<void> {
  const networks = await docker.listNetworks();
  const prefix = `${settings.subnet}.`;
  const own = networks.find((network) => network.Name === settings.name);
  if (own?.IPAM?.Config?.some((config) => config.Subnet?.startsWith(prefix))) return;
  if (own)
    throw new UserError(
      `the network of ${settings.name} still has other addresses than ${prefix}0/24: run \`npm run stop\` first; where it says that the engine keeps the network, restart Docker`,
    );
  const hint = "choose another with DRYDOCK_SUBNET=<a.b.c> in the environment or in .env";
  const taken = networks.find((network) =>
    (network.IPAM?.Config ?? []).some((config) => config.Subnet?.startsWith(prefix)),
  );
  if (taken) throw new UserError(`the network ${prefix}0/24 is used by the Docker network "${taken.Name}": ${hint}`);
  const routes = await tryRun("ip", ["-4", "route", "show"]);
  const route = routes.stdout.split("\n").find((line) => line.startsWith(prefix));
  if (route)
    throw new UserError(`the network ${prefix}0/24 is already routed on this machine (${route.trim()}): ${hint}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
