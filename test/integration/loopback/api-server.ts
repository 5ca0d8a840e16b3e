import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, createApiClient } from "@drydock/client";
import { silentLogger, systemClock } from "@drydock/component";
import { createEtcdClient, type EtcdClient } from "@drydock/etcd-client";
import { namespaces } from "@drydock/kube-api";
import {
  type Authority,
  type Connection,
  createAuthority,
  createKubeconfig,
  createServiceAccountKeys,
  issueCertificate,
  renderKubeconfig,
} from "@drydock/pki";
import { eventually } from "./eventually.ts";
import { freePorts } from "./free-ports.ts";
import { Processes } from "./processes.ts";
import { rest } from "./rest.ts";

const START_TIMEOUT_MS = 60_000;
const ADMIN_GROUPS = ["system:masters"];

/** A store of one member and an apiserver in front of it, each a real process on loopback. */
export interface ApiServer {
  readonly directory: string;
  readonly processes: Processes;
  /** `https://127.0.0.1:<port>` of the REST API. */
  readonly restUrl: string;
  readonly caPem: string;
  /** As an administrator, over the components' protocol. */
  readonly client: ApiClient;
  /** Credentials of anyone, for one of the two ports. */
  connection(port: "rest" | "components", user: string, groups?: readonly string[]): Promise<Connection>;
  /** The same as a kubeconfig file with one context; its path. */
  kubeconfig(port: "rest" | "components", user: string, groups?: readonly string[]): Promise<string>;
  /** Path of a file of this cluster, e.g. `ca.crt`. */
  path(name: string): string;
  /** How many objects the store holds below `/registry/<prefix>`. */
  countStored(prefix: string): Promise<number>;
  /** What the store holds at `/registry/<key>`, octet by octet. */
  readStored(key: string): Promise<Buffer | undefined>;
  /** Another apiserver of the same store, as the process `name`, on another address and the same ports; its REST URL. It may not answer yet. */
  startAnother(name: string, address: string): Promise<string>;
  stop(): Promise<void>;
}

export interface ApiServerOptions {
  /** Flags beyond those that every apiserver here has; where files of the cluster lie is told by its `path`. */
  readonly flags?: readonly string[] | ((path: (name: string) => string) => readonly string[]);
}

/** Returns when the apiserver answers, its own objects exist and it calls itself ready. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-loopback-"));
  const path = (name: string) => join(directory, name);
  const [etcdPort, peerPort, restPort, componentPort] = (await freePorts(4)) as [number, number, number, number];
  const authority = await writePki(path);
  const processes = new Processes(directory);
  const ports = { rest: restPort, components: componentPort };
  const flags = typeof options.flags === "function" ? options.flags(path) : (options.flags ?? []);
  await runStore(processes, path("etcd"), etcdPort, peerPort);
  await runApiServer(processes, path, { ...ports, etcd: etcdPort }, flags);

  const connection = async (port: keyof typeof ports, user: string, groups: readonly string[] = []) => {
    const pair = await issueCertificate(authority, {
      commonName: user,
      organizations: [...groups],
      usages: ["client"],
    });
    return { server: `https://127.0.0.1:${ports[port]}`, caPem: authority.certPem, ...pair };
  };
  const kubeconfig = async (port: keyof typeof ports, user: string, groups: readonly string[] = []) => {
    const file = path(`${user.replaceAll(":", "-")}-${port}.conf`);
    await writeFile(file, renderKubeconfig(createKubeconfig("loopback", await connection(port, user, groups))));
    return file;
  };
  const client = createApiClient({
    connection: await connection("components", "kubernetes-admin", ADMIN_GROUPS),
    clock: systemClock,
    logger: silentLogger(),
  });
  const store = createEtcdClient({ endpoints: [`http://127.0.0.1:${etcdPort}`] });
  const stop = async () => {
    client.close();
    store.close();
    await processes.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await eventually(
      "the apiserver answers and has its namespaces",
      async () => (await client.get(namespaces, { name: "kube-system" })).metadata.name,
      START_TIMEOUT_MS,
    );
    const admin = await connection("rest", "kubernetes-admin", ADMIN_GROUPS);
    await eventually(
      "the apiserver says that it is ready",
      async () => (await rest(admin, "GET", "/readyz")).code === 200,
      START_TIMEOUT_MS,
    );
  } catch (error) {
    const logs = await Promise.all(["etcd-node", "apiserver"].map((name) => processes.logs(name)));
    await stop();
    throw new Error(`${(error as Error).message}\n${logs.map((log) => log.slice(-4000)).join("\n---\n")}`);
  }
  return {
    directory,
    processes,
    restUrl: `https://127.0.0.1:${restPort}`,
    caPem: authority.certPem,
    client,
    connection,
    kubeconfig,
    path,
    countStored: (prefix) => countKeys(store, `/registry/${prefix}`),
    startAnother: async (name, address) => {
      await runApiServer(processes, path, { ...ports, etcd: etcdPort }, flags, { name, address });
      return `https://${address}:${restPort}`;
    },
    readStored: async (key) => (await store.range({ key: `/registry/${key}` })).kvs[0]?.value,
    stop,
  };
}

async function countKeys(store: EtcdClient, prefix: string): Promise<number> {
  const { count } = await store.range({ key: prefix, prefix: true, countOnly: true });
  return Number(count);
}

function runStore(processes: Processes, dataDirectory: string, clientPort: number, peerPort: number): Promise<void> {
  return processes.runService("etcd-node", [
    `--data-dir=${dataDirectory}`,
    `--listen-client-urls=http://127.0.0.1:${clientPort}`,
    `--advertise-client-urls=http://127.0.0.1:${clientPort}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
  ]);
}

function runApiServer(
  processes: Processes,
  path: (name: string) => string,
  ports: { readonly etcd: number; readonly rest: number; readonly components: number },
  flags: readonly string[],
  { name, address } = { name: "apiserver", address: "127.0.0.1" },
): Promise<void> {
  return processes.runService(
    "apiserver",
    [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      `--bind-address=${address}`,
      `--advertise-address=${address}`,
      `--secure-port=${ports.rest}`,
      `--component-port=${ports.components}`,
      `--tls-cert-file=${path("apiserver.crt")}`,
      `--tls-private-key-file=${path("apiserver.key")}`,
      `--client-ca-file=${path("ca.crt")}`,
      `--service-account-key-file=${path("sa.pub")}`,
      `--service-account-signing-key-file=${path("sa.key")}`,
      ...flags,
    ],
    name,
  );
}

async function writePki(path: (name: string) => string): Promise<Authority> {
  const authority = await createAuthority("kubernetes");
  const serving = await issueCertificate(authority, {
    commonName: "kube-apiserver",
    subjectAltNames: ["127.0.0.1", "127.0.0.2", "localhost"],
    usages: ["server"],
  });
  const kubelet = await issueCertificate(authority, {
    commonName: "system:node:node-1",
    organizations: ["system:nodes"],
    subjectAltNames: ["node-1"],
    usages: ["server"],
  });
  const kubeletClient = await issueCertificate(authority, {
    commonName: "kube-apiserver-kubelet-client",
    organizations: ["system:masters"],
    usages: ["client"],
  });
  const keys = createServiceAccountKeys();
  await Promise.all([
    writeFile(path("ca.crt"), authority.certPem),
    writeFile(path("apiserver.crt"), serving.certPem),
    writeFile(path("apiserver.key"), serving.keyPem),
    writeFile(path("kubelet.crt"), kubelet.certPem),
    writeFile(path("kubelet.key"), kubelet.keyPem),
    writeFile(path("kubelet-client.crt"), kubeletClient.certPem),
    writeFile(path("kubelet-client.key"), kubeletClient.keyPem),
    writeFile(path("sa.key"), keys.privatePem),
    writeFile(path("sa.pub"), keys.publicPem),
  ]);
  return authority;
}
