import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ApiClient, createApiClient } from "@drydock/client";
import { silentLogger, systemClock } from "@drydock/component";
import { namespaces } from "@drydock/kube-api";
import {
  type Authority,
  connectionOf,
  createAuthority,
  createKubeconfig,
  createServiceAccountKeys,
  issueCertificate,
  renderKubeconfig,
} from "@drydock/pki";
import { eventually } from "./eventually.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const START_TIMEOUT_MS = 60_000;

/** A control plane of real processes on loopback: etcd, apiserver, scheduler, controller-manager. No nodes, no containers. */
export interface Cluster {
  readonly client: ApiClient;
  /** Ends one process with SIGKILL and starts it again. */
  restart(name: "scheduler" | "controller-manager"): Promise<void>;
  /** What the processes wrote, for the message of a failed test. */
  logs(name: string): Promise<string>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly nodeMonitorGracePeriod?: string;
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-control-"));
  const [etcdPort, peerPort, restPort, componentPort, managerPort, schedulerPort] = await freePorts(6);
  const pki = await writePki(directory, componentPort as number);
  const processes = new Map<string, ChildProcess>();
  const killAll = () => {
    for (const child of processes.values()) child.kill("SIGKILL");
  };
  process.once("exit", killAll);
  const run = async (name: string, command: string, args: readonly string[]) => {
    const log = await open(join(directory, `${name}.log`), "a");
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", log.fd, log.fd] });
    await log.close();
    processes.set(name, child);
  };
  const service = (name: string, args: readonly string[]) =>
    run(name, process.execPath, [join(ROOT, "services", name, "src/main.ts"), ...args]);
  const controllers = {
    "controller-manager": () =>
      service("controller-manager", [
        `--kubeconfig=${pki("controller-manager.conf")}`,
        `--root-ca-file=${pki("ca.crt")}`,
        `--service-account-private-key-file=${pki("sa.key")}`,
        `--secure-port=${managerPort}`,
        `--node-monitor-grace-period=${options.nodeMonitorGracePeriod ?? "50s"}`,
        "--node-monitor-period=1s",
        "--leader-elect=false",
      ]),
    scheduler: () =>
      service("scheduler", [
        `--kubeconfig=${pki("scheduler.conf")}`,
        `--secure-port=${schedulerPort}`,
        "--leader-elect=false",
      ]),
  };
  await run("etcd", "/usr/bin/etcd", [
    `--data-dir=${join(directory, "etcd")}`,
    `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
    `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
    "--unsafe-no-fsync",
  ]);
  await service("apiserver", [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${restPort}`,
    `--component-port=${componentPort}`,
    `--tls-cert-file=${pki("apiserver.crt")}`,
    `--tls-private-key-file=${pki("apiserver.key")}`,
    `--client-ca-file=${pki("ca.crt")}`,
    `--service-account-key-file=${pki("sa.pub")}`,
    `--service-account-signing-key-file=${pki("sa.key")}`,
  ]);
  for (const start of Object.values(controllers)) await start();
  const connection = connectionOf(JSON.parse(await readFile(pki("admin.json"), "utf8")), () => "");
  const client = createApiClient({ connection, clock: systemClock, logger: silentLogger() });
  await eventually(
    "the apiserver answers and has its namespaces",
    async () => (await client.get(namespaces, { name: "kube-system" })).metadata.name,
    START_TIMEOUT_MS,
  );
  return {
    client,
    async restart(name) {
      await end(processes.get(name));
      await controllers[name]();
    },
    logs: (name) => readFile(join(directory, `${name}.log`), "utf8"),
    async stop() {
      client.close();
      for (const child of [...processes.values()].reverse()) await end(child);
      process.off("exit", killAll);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function writePki(directory: string, componentPort: number): Promise<(name: string) => string> {
  const path = (name: string) => join(directory, name);
  const authority = await createAuthority("kubernetes");
  const serving = await issueCertificate(authority, {
    commonName: "kube-apiserver",
    subjectAltNames: ["127.0.0.1", "localhost"],
    usages: ["server"],
  });
  const keys = createServiceAccountKeys();
  const kubeconfig = (user: string, groups: string[] = []) => identity(authority, componentPort, user, groups);
  await Promise.all([
    writeFile(path("ca.crt"), authority.certPem),
    writeFile(path("apiserver.crt"), serving.certPem),
    writeFile(path("apiserver.key"), serving.keyPem),
    writeFile(path("sa.key"), keys.privatePem),
    writeFile(path("sa.pub"), keys.publicPem),
    writeFile(path("controller-manager.conf"), renderKubeconfig(await kubeconfig("system:kube-controller-manager"))),
    writeFile(path("scheduler.conf"), renderKubeconfig(await kubeconfig("system:kube-scheduler"))),
    writeFile(path("admin.json"), JSON.stringify(await kubeconfig("kubernetes-admin", ["system:masters"]))),
  ]);
  return path;
}

async function identity(authority: Authority, port: number, commonName: string, organizations: string[]) {
  const pair = await issueCertificate(authority, { commonName, organizations, usages: ["client"] });
  return createKubeconfig("test", {
    server: `https://127.0.0.1:${port}`,
    caPem: authority.certPem,
    certPem: pair.certPem,
    keyPem: pair.keyPem,
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
