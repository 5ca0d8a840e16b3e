import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEtcdClient, type EtcdClient, type StatusResponse } from "@drydock/etcd-client";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { endWithRunner } from "../loopback/end-with-runner.ts";
import { freePorts } from "../loopback/free-ports.ts";

/** Ours, or Debian's etcd 3.4: the same tests can be asked of both. */
export type Implementation = "drydock" | "etcd";

export interface ClusterOptions {
  readonly implementation?: Implementation;
  readonly members?: number;
  /** mTLS on both ports; plain HTTP otherwise. */
  readonly isSecure?: boolean;
  readonly extraFlags?: readonly string[];
  /** Of every member that is started without one of its own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Another way to a member's peer port: what it tells the others instead. */
  readonly advertisePeer?: (index: number, peerUrl: string) => Promise<string>;
  /** Puts something into a member's data directory before it starts: what a restore needs to know of it. */
  readonly prepare?: (member: PreparedMember) => Promise<unknown>;
}

export interface PreparedMember {
  readonly name: string;
  readonly dataDir: string;
  readonly peerUrl: string;
  readonly initialCluster: string;
  readonly token: string;
}

export interface EtcdctlOptions {
  readonly members?: readonly number[];
  readonly input?: string;
  /** The second one only without TLS: its flags for that have other names. */
  readonly api?: "2" | "3";
  /** Default 30 s. */
  readonly timeoutMs?: number;
}

interface Member {
  readonly name: string;
  readonly clientUrl: string;
  /** Where it is reached, and where it listens. */
  readonly peerUrl: string;
  readonly listenPeerUrl: string;
  readonly metricsUrl: string;
  /** Joins the cluster that is there instead of founding one. */
  isJoining: boolean;
  process: ChildProcess | undefined;
}

interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const TOKEN = "drydock-test";
const MAIN = new URL("../../../services/etcd-node/src/main.ts", import.meta.url).pathname;
const READY_TIMEOUT_MS = 40_000;
/** etcdctl gives up after five seconds by itself. */
const PATIENT = { ETCDCTL_COMMAND_TIMEOUT: "20s" };

/** Some members of the store as real processes on loopback, with files of their own that go when the cluster is disposed of. */
export class EtcdCluster {
  readonly directory: string;
  readonly members: Member[];
  readonly #options: ClusterOptions;
  readonly #certificates: Certificates | undefined;
  readonly #clients: EtcdClient[] = [];

  private constructor(
    directory: string,
    members: Member[],
    options: ClusterOptions,
    certificates: Certificates | undefined,
  ) {
    this.directory = directory;
    this.members = members;
    this.#options = options;
    this.#certificates = certificates;
  }

  /** All members started and one of them elected. */
  static async start(options: ClusterOptions = {}): Promise<EtcdCluster> {
    const directory = await mkdtemp(join(tmpdir(), "drydock-etcd-"));
    const isSecure = options.isSecure ?? true;
    const certificates = isSecure ? await writeCertificates(join(directory, "pki")) : undefined;
    const count = options.members ?? 3;
    const ports = await freePorts(count * 3);
    const members = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        describeMember(index, options, ports.slice(index * 3, index * 3 + 3), false),
      ),
    );
    const cluster = new EtcdCluster(directory, members, options, certificates);
    try {
      if (options.prepare) await cluster.#prepare(options.prepare);
      members.forEach((_, index) => {
        cluster.startMember(index);
      });
      await cluster.waitUntilReady();
    } catch (error) {
      const logs = await Promise.all(members.map((_, index) => cluster.log(index)));
      await cluster.dispose();
      throw new Error(
        `the cluster did not start: ${String(error)}\n${logs.map((log) => log.slice(-2000)).join("\n---\n")}`,
      );
    }
    return cluster;
  }

  /** A place for one member more, not yet started: where it will be. */
  async planMember(): Promise<{ index: number; peerUrl: string }> {
    const index = this.members.length;
    const member = await describeMember(index, this.#options, await freePorts(3), true);
    this.members.push(member);
    return { index, peerUrl: member.peerUrl };
  }

  /** The member is lost with its disk, and another one takes its place, at the same addresses. */
  async replaceMember(index: number): Promise<void> {
    const member = this.#member(index);
    const others = this.members.flatMap((_, each) => (each !== index && this.isRunning(each) ? [each] : []));
    await this.stopMember(index, "SIGKILL");
    await rm(this.dataDirectory(index), { recursive: true, force: true });
    // Members that just came back may not count as connected yet: then the cluster refuses, and is asked again.
    await until(`${member.name} to be replaced`, async () => {
      const { stdout: list } = await this.tryEtcdctl(["member", "list"], { members: others });
      const line = list.split("\n").find((each) => each.includes(member.peerUrl));
      if (line?.includes("unstarted")) return true;
      const old = line?.split(",")[0];
      if (old && (await this.tryEtcdctl(["member", "remove", old], { members: others })).status !== 0) return undefined;
      const add = ["member", "add", member.name, `--peer-urls=${member.peerUrl}`];
      return (await this.tryEtcdctl(add, { members: others })).status === 0 ? true : undefined;
    });
    member.isJoining = true;
    this.startMember(index);
  }

  get endpoints(): string[] {
    return this.members.map(({ clientUrl }) => clientUrl);
  }

  /** `peers`: those that the start flags name; all by default. */
  startMember(
    index: number,
    peers: readonly number[] = this.members.map((_, each) => each),
    env: NodeJS.ProcessEnv = this.#options.env ?? {},
  ): void {
    const member = this.#member(index);
    if (member.process) throw new Error(`${member.name} runs already`);
    const [command, ...prefix] = this.#options.implementation === "etcd" ? ["/usr/bin/etcd"] : [process.execPath, MAIN];
    const child = spawn(command as string, [...prefix, ...this.#flags(member, peers)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const log = createWriteStream(this.#logPath(index), { flags: "a" });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    member.process = child;
    endWithRunner(child);
    child.once("exit", () => {
      if (member.process === child) member.process = undefined;
    });
  }

  /** Resolves once the process is gone; SIGKILL leaves it no time for anything. */
  async stopMember(index: number, signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const { process: child } = this.#member(index);
    if (!child) return null;
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return exited;
  }

  /** Stops its process in its tracks; `SIGCONT` lets it go on. */
  signalMember(index: number, signal: "SIGSTOP" | "SIGCONT"): void {
    this.#member(index).process?.kill(signal);
  }

  pid(index: number): number | undefined {
    return this.#member(index).process?.pid;
  }

  isRunning(index: number): boolean {
    return this.#member(index).process !== undefined;
  }

  log(index: number): Promise<string> {
    return readFile(this.#logPath(index), "utf8").catch(() => "");
  }

  dataDirectory(index: number): string {
    return join(this.directory, this.#member(index).name);
  }

  /** Speaks to these members (all by default); closed with the cluster. */
  client(indexes: readonly number[] = this.members.map((_, index) => index), timeoutMs = 10_000): EtcdClient {
    const client = createEtcdClient({
      endpoints: indexes.map((index) => this.#member(index).clientUrl),
      timeoutMs,
      ...(this.#certificates ? { tls: pem(this.#certificates) } : {}),
    });
    this.#clients.push(client);
    return client;
  }

  /** Asks each running member itself; those that do not answer are left out. */
  async statuses(): Promise<(StatusResponse & { index: number })[]> {
    const client = this.client();
    const answers = await Promise.all(
      this.members.map(({ clientUrl, process: child }, index) =>
        child
          ? client.status(clientUrl, { timeoutMs: 1000 }).then(
              (status) => ({ ...status, index }),
              () => undefined,
            )
          : undefined,
      ),
    );
    client.close();
    return answers.filter((answer) => answer !== undefined);
  }

  /** The member that leads, by what a majority says. */
  async leaderIndex(): Promise<number> {
    return until("a leader", async () => {
      const statuses = await this.statuses();
      const leader = statuses.find(({ leader, header }) => leader !== "0" && leader === header?.memberId);
      return leader?.index;
    });
  }

  /** Rejects with a `NotReadyError` when a member that was started ends, or answers no linearizable read in time. */
  async waitUntilReady(): Promise<void> {
    const running = this.members.flatMap(({ process: child }, index) => (child ? [index] : []));
    await Promise.all(running.map((index) => this.#waitFor(index)));
  }

  async #waitFor(index: number): Promise<void> {
    const { name } = this.#member(index);
    const deadlineMs = Date.now() + READY_TIMEOUT_MS;
    for (;;) {
      const tail = async () => (await this.log(index)).slice(-3000);
      if (!this.isRunning(index)) throw new NotReadyError(`${name} ended:\n${await tail()}`);
      const client = this.client([index], 2000);
      const isReady = await client.range({ key: "readiness" }).then(
        () => true,
        () => false,
      );
      client.close();
      if (isReady) return;
      if (Date.now() > deadlineMs)
        throw new NotReadyError(`${name} did not answer for ${READY_TIMEOUT_MS} ms:\n${await tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Debian's own etcdctl, in its third API unless told otherwise. Rejects when it fails, with what it said. */
  async etcdctl(args: readonly string[], options: EtcdctlOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.tryEtcdctl(args, options);
    if (status !== 0) throw new Error(`etcdctl ${args.join(" ")} ended with ${status}: ${stderr}${stdout}`);
    return stdout;
  }

  tryEtcdctl(
    args: readonly string[],
    options: EtcdctlOptions = {},
  ): Promise<{ status: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const child = execFile(
        "/usr/bin/etcdctl",
        [...this.#connectionFlags(options.members), ...args],
        { env: { ...process.env, ...PATIENT, ETCDCTL_API: options.api ?? "3" }, timeout: options.timeoutMs ?? 30_000 },
        (error, stdout, stderr) => resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
      // It may have ended without reading.
      child.stdin?.on("error", () => {});
      child.stdin?.end(options.input ?? "");
    });
  }

  /** A command that goes on until it is stopped, as `watch` does. */
  spawnEtcdctl(
    args: readonly string[],
    { members, api = "3" }: EtcdctlOptions = {},
  ): { output(): string; stop(): void } {
    const child = spawn("/usr/bin/etcdctl", [...this.#connectionFlags(members), ...args], {
      env: { ...process.env, ...PATIENT, ETCDCTL_API: api },
    });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    return { output: () => text, stop: () => child.kill("SIGKILL") };
  }

  async dispose(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all(this.members.map((_, index) => this.stopMember(index, "SIGKILL")));
    await rm(this.directory, { recursive: true, force: true });
  }

  #member(index: number): Member {
    const member = this.members[index];
    if (!member) throw new Error(`no member ${index}`);
    return member;
  }

  #logPath(index: number): string {
    return join(this.directory, `${this.#member(index).name}.log`);
  }

  #flags(member: Member, peers: readonly number[]): string[] {
    const { clientUrl, peerUrl, name } = member;
    const flags: Record<string, string> = {
      name,
      "data-dir": join(this.directory, name),
      "listen-client-urls": clientUrl,
      "advertise-client-urls": clientUrl,
      "listen-peer-urls": member.listenPeerUrl,
      "initial-advertise-peer-urls": peerUrl,
      "listen-metrics-urls": member.metricsUrl,
      "initial-cluster": this.#initialCluster(peers),
      "initial-cluster-token": TOKEN,
      "initial-cluster-state": member.isJoining ? "existing" : "new",
    };
    const list = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    return [...list, ...this.#tlsFlags(), ...(this.#options.extraFlags ?? [])];
  }

  #initialCluster(peers: readonly number[]): string {
    return peers
      .map((each) => this.#member(each))
      .map((each) => `${each.name}=${each.peerUrl}`)
      .join(",");
  }

  async #prepare(prepare: NonNullable<ClusterOptions["prepare"]>): Promise<void> {
    const initialCluster = this.#initialCluster(this.members.map((_, index) => index));
    for (const [index, { name, peerUrl }] of this.members.entries())
      await prepare({ name, dataDir: this.dataDirectory(index), peerUrl, initialCluster, token: TOKEN });
  }

  #tlsFlags(): string[] {
    if (!this.#certificates) return [];
    const { ca, cert, key } = this.#certificates;
    return [
      `--cert-file=${cert}`,
      `--key-file=${key}`,
      `--trusted-ca-file=${ca}`,
      "--client-cert-auth",
      `--peer-cert-file=${cert}`,
      `--peer-key-file=${key}`,
      `--peer-trusted-ca-file=${ca}`,
      "--peer-client-cert-auth",
    ];
  }

  #connectionFlags(indexes: readonly number[] | undefined): string[] {
    const endpoints = indexes ? indexes.map((index) => this.#member(index).clientUrl) : this.endpoints;
    const flags = [`--endpoints=${endpoints.join(",")}`];
    if (!this.#certificates) return flags;
    const { ca, cert, key } = this.#certificates;
    return [...flags, `--cacert=${ca}`, `--cert=${cert}`, `--key=${key}`];
  }
}

async function describeMember(
  index: number,
  { isSecure = true, advertisePeer = async (_, url) => url }: ClusterOptions,
  ports: readonly number[],
  isJoining: boolean,
): Promise<Member> {
  const scheme = isSecure ? "https" : "http";
  const [client, peer, metrics] = ports;
  const listenPeerUrl = `${scheme}://127.0.0.1:${peer}`;
  return {
    name: `etcd-${index + 1}`,
    clientUrl: `${scheme}://127.0.0.1:${client}`,
    peerUrl: await advertisePeer(index, listenPeerUrl),
    listenPeerUrl,
    metricsUrl: `http://127.0.0.1:${metrics}`,
    isJoining,
    process: undefined,
  };
}

/** Members that nothing holds back any longer, and that do not come together. */
export class NotReadyError extends Error {}

/** Asks again and again until there is an answer. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  timeoutMs = READY_TIMEOUT_MS,
): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const pems = new Map<string, Buffer>();

function pem({ ca, cert, key }: Certificates): { ca: Buffer; cert: Buffer; key: Buffer } {
  const read = (path: string) => pems.get(path) ?? Buffer.alloc(0);
  return { ca: read(ca), cert: read(cert), key: read(key) };
}

async function writeCertificates(directory: string): Promise<Certificates> {
  await mkdir(directory);
  const authority = await createAuthority("etcd-ca");
  const { certPem, keyPem } = await issueCertificate(authority, {
    commonName: "etcd-test",
    subjectAltNames: ["localhost", "127.0.0.1"],
    usages: ["server", "client"],
  });
  const paths = { ca: join(directory, "ca.crt"), cert: join(directory, "tls.crt"), key: join(directory, "tls.key") };
  const contents = { ca: authority.certPem, cert: certPem, key: keyPem };
  for (const name of ["ca", "cert", "key"] as const) {
    await writeFile(paths[name], contents[name], { mode: 0o600 });
    pems.set(paths[name], Buffer.from(contents[name]));
  }
  return paths;
}
