import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, createServiceAccountKeys, issueCertificate } from "@drydock/pki";
import { LoadConnection, type LoadIdentity } from "../load/load-connection.ts";
import { cpuSecondsOf, memoryMiBOf } from "../processes/cost.ts";
import { freePorts } from "../processes/free-ports.ts";
import { requestOnce } from "./rest.ts";

/** Whose API server: ours, or the anchor, one built from upstream's source where `BENCH_KUBE_APISERVER` names it. */
export type System = "drydock" | "kube-apiserver";

interface Ports {
  readonly etcd: number;
  readonly peer: number;
  readonly rest: number;
  readonly components: number;
}

/** `BENCH_DIST` is a folder of bundles as they lie in the image, their data one folder up; without it the sources run as they are. */
const DIST = process.env["BENCH_DIST"];
const service = (name: string) =>
  DIST ? join(DIST, `${name}.js`) : new URL(`../../services/${name}/src/main.ts`, import.meta.url).pathname;
/** For our API server, such as --cpu-prof. */
const NODE_FLAGS = (process.env["BENCH_NODE_FLAGS"] ?? "").split(" ").filter((flag) => flag !== "");
const READY_TIMEOUT_MS = 120_000;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** A store of one member, ours under either, and an API server in front of it: real processes on loopback. */
export class Plane {
  readonly system: System;
  readonly identity: LoadIdentity;
  readonly #directory: string;
  readonly #ports: Ports;
  #store: ChildProcess | undefined;
  #server: ChildProcess | undefined;

  private constructor(system: System, directory: string, ports: Ports, identity: LoadIdentity) {
    this.system = system;
    this.identity = identity;
    this.#directory = directory;
    this.#ports = ports;
  }

  static async start(system: System): Promise<Plane> {
    const directory = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "drydock-bench-"));
    const [etcd = 0, peer = 0, rest = 0, components = 0] = await freePorts(4);
    const plane = new Plane(system, directory, { etcd, peer, rest, components }, await writePki(directory));
    plane.#startStore();
    await plane.startServer();
    return plane;
  }

  /** host:port of the REST API. */
  get target(): string {
    return `127.0.0.1:${this.#ports.rest}`;
  }

  /** host:port of the store. */
  get storeTarget(): string {
    return `127.0.0.1:${this.#ports.etcd}`;
  }

  /** Of the components' protocol, which ours alone has. */
  get componentsUrl(): string {
    return `https://127.0.0.1:${this.#ports.components}`;
  }

  readonly open = (): Promise<LoadConnection> => LoadConnection.open(this.target, {}, this.identity);

  /** Milliseconds from the start of the process until it says that it is ready. */
  async startServer(): Promise<number> {
    const beganAt = performance.now();
    this.#server = this.system === "drydock" ? this.#startOurs() : this.#startTheirs();
    while (!(await this.#isReady())) {
      if (this.#server.exitCode !== null || performance.now() - beganAt > READY_TIMEOUT_MS)
        throw new Error(`${this.system} is not ready; its files: ${this.#directory}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return performance.now() - beganAt;
  }

  async stopServer(): Promise<void> {
    await end(this.#server, "SIGTERM");
  }

  memoryMiB(): number {
    return this.#server?.pid ? memoryMiBOf(this.#server.pid) : Number.NaN;
  }

  cpuSeconds(): number {
    return this.#server?.pid ? cpuSecondsOf(this.#server.pid) : Number.NaN;
  }

  async dispose(): Promise<void> {
    // A process that is profiled must end by itself to write its profile.
    await end(this.#server, NODE_FLAGS.length > 0 ? "SIGTERM" : "SIGKILL");
    await end(this.#store, "SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #isReady(): Promise<boolean> {
    try {
      const connection = await this.open();
      const { status } = await requestOnce(connection, this.target, "GET", "/readyz");
      connection.close();
      return status === "http-200";
    } catch {
      return false;
    }
  }

  #startStore(): void {
    const { etcd, peer } = this.#ports;
    this.#store = this.#run("store", process.execPath, [
      service("etcd-node"),
      `--data-dir=${join(this.#directory, "store")}`,
      `--listen-client-urls=http://127.0.0.1:${etcd}`,
      `--advertise-client-urls=http://127.0.0.1:${etcd}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ]);
  }

  #startOurs(): ChildProcess {
    const flags = [...this.#commonFlags(), `--component-port=${this.#ports.components}`];
    return this.#run("server", process.execPath, [...NODE_FLAGS, service("apiserver"), ...flags]);
  }

  #startTheirs(): ChildProcess {
    return this.#run("server", process.env["BENCH_KUBE_APISERVER"] ?? "kube-apiserver", [
      ...this.#commonFlags(),
      "--service-account-issuer=https://kubernetes.default.svc",
      "--service-cluster-ip-range=10.96.0.0/16",
      "--authorization-mode=Node,RBAC",
      "--v=0",
    ]);
  }

  #commonFlags(): string[] {
    const path = (name: string) => join(this.#directory, name);
    return [
      `--etcd-servers=http://127.0.0.1:${this.#ports.etcd}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${this.#ports.rest}`,
      `--tls-cert-file=${path("server.crt")}`,
      `--tls-private-key-file=${path("server.key")}`,
      `--client-ca-file=${path("ca.crt")}`,
      `--service-account-key-file=${path("sa.pub")}`,
      `--service-account-signing-key-file=${path("sa.key")}`,
    ];
  }

  #run(name: string, command: string, args: readonly string[]): ChildProcess {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(this.#directory, `${name}.log`), { flags: "a" });
    process.once("exit", () => child.kill("SIGKILL"));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    return child;
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

/** The administrator's identity; the server's files lie in the directory. */
async function writePki(directory: string): Promise<LoadIdentity> {
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  const authority = await createAuthority("kubernetes");
  const server = await issueCertificate(authority, {
    commonName: "kube-apiserver",
    subjectAltNames: ["127.0.0.1", "localhost"],
    usages: ["server"],
  });
  const admin = await issueCertificate(authority, {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
    usages: ["client"],
  });
  const keys = createServiceAccountKeys();
  write("ca.crt", authority.certPem);
  write("server.crt", server.certPem);
  write("server.key", server.keyPem);
  write("sa.key", keys.privatePem);
  write("sa.pub", keys.publicPem);
  return { ca: authority.certPem, cert: admin.certPem, key: admin.keyPem };
}
