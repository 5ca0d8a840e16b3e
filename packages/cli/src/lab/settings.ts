import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabTopology } from "@drydock/pki";
import { UserError } from "../report/steps.ts";

/** What can be chosen about a lab, from the environment or the file `.env` (which compose reads too). */
export interface LabSettings {
  /** Names the compose project, the kubeconfig context and the containers. */
  readonly name: string;
  /** First three parts of the lab's /24. */
  readonly subnet: string;
  readonly apiPort: number;
  readonly etcdPorts: readonly [number, number, number];
  readonly image: string;
  readonly root: string;
}

export function readSettings(root: string): LabSettings {
  const file = join(root, ".env");
  const values = { ...(existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {}), ...process.env };
  const port = (name: string, fallback: number) => {
    const text = values[name] ?? String(fallback);
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1 || number > 65535) throw new UserError(`${name}=${text} is not a port`);
    return number;
  };
  const subnet = values["DRYDOCK_SUBNET"] ?? "172.30.0";
  if (!/^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(subnet))
    throw new UserError(`DRYDOCK_SUBNET=${subnet} must be the first three parts of an IPv4 /24, like 172.30.0`);
  const name = values["DRYDOCK_LAB"] ?? "drydock";
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new UserError(`DRYDOCK_LAB=${name} must consist of lower-case letters, digits and dashes`);
  return {
    name,
    subnet,
    apiPort: port("DRYDOCK_API_PORT", 6443),
    etcdPorts: [port("DRYDOCK_ETCD1_PORT", 2379), port("DRYDOCK_ETCD2_PORT", 22379), port("DRYDOCK_ETCD3_PORT", 32379)],
    image: values["DRYDOCK_IMAGE"] ?? "drydock/lab:dev",
    root,
  };
}

/** What the certificates must know; the addresses are those of docker-compose.yml. */
export function topologyOf(subnet: string, apiPort: number): LabTopology {
  const host = (name: string, last: number) => ({ name, ip: `${subnet}.${last}` });
  return {
    etcdMembers: [host("etcd-1", 2), host("etcd-2", 3), host("etcd-3", 4)],
    apiserver: host("apiserver", 10),
    nodes: [host("node-1", 11), host("node-2", 12), host("node-3", 13)],
    kubernetesServiceIp: "10.96.0.1",
    publicServer: `https://127.0.0.1:${apiPort}`,
  };
}

function parseEnv(text: string): Record<string, string> {
  const pairs = text.split("\n").flatMap((line) => {
    const match = /^\s*([A-Z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line);
    return match ? [[match[1] as string, (match[2] as string).replace(/^(["'])(.*)\1$/, "$2")]] : [];
  });
  return Object.fromEntries(pairs);
}
