import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MaintenanceClient } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { credentials } from "@grpc/grpc-js";
import { cpuSecondsOf, memoryMiBOf } from "../processes/cost.ts";
import { freePorts } from "../processes/free-ports.ts";

/** Whose members: ours, or the anchor, the distribution's etcd. */
export type System = "drydock" | "etcd";

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
  process: ChildProcess | undefined;
}

/** `BENCH_DIST` is a folder of bundles as they lie in the image; without it the sources run as they are, and take 30 MiB more. */
const DIST = process.env["BENCH_DIST"];
const MAIN = DIST
  ? join(DIST, "etcd-node.js")
  : new URL("../../services/etcd-node/src/main.ts", import.meta.url).pathname;
/** For our members, such as --cpu-prof. */
const NODE_FLAGS = (process.env["BENCH_NODE_FLAGS"] ?? "").split(" ").filter((flag) => flag !== "");
/** As in docker-compose.yml. */
const NODE_OPTIONS = "--max-semi-space-size=8";
const READY_TIMEOUT_MS = 60_000;
const MAX_BYTES = 8 * 1024 ** 3;

/** Three members on loopback, plain TCP, data on the same disk: the same durability for both systems. */
export class Members {
  readonly system: System;
  readonly #members: readonly Member[];
  readonly #directory = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "drydock-bench-"));
  readonly #flags: readonly string[];

  private constructor(system: System, members: readonly Member[], flags: readonly string[]) {
    this.system = system;
    this.#members = members;
    this.#flags = flags;
  }

  static async start(system: System, flags: readonly string[] = []): Promise<Members> {
    const ports = await freePorts(6);
    const members = [0, 1, 2].map((index) => ({
      name: `m${index}`,
      client: `127.0.0.1:${ports[index * 2]}`,
      peer: `127.0.0.1:${ports[index * 2 + 1]}`,
      process: undefined,
    }));
    const all = new Members(system, members, flags);
    members.forEach((_, index) => {
      all.startMember(index);
    });
    await all.leader();
    return all;
  }

  get targets(): string[] {
    return this.#members.map(({ client }) => client);
  }

  startMember(index: number): void {
    const member = this.#members[index] as Member;
    const [program, ...first] = this.system === "etcd" ? ["/usr/bin/etcd"] : [process.execPath, ...NODE_FLAGS, MAIN];
    const flags = {
      name: member.name,
      "data-dir": join(this.#directory, member.name),
      "listen-client-urls": `http://${member.client}`,
      "advertise-client-urls": `http://${member.client}`,
      "listen-peer-urls": `http://${member.peer}`,
      "initial-advertise-peer-urls": `http://${member.peer}`,
      "initial-cluster": this.#members.map(({ name, peer }) => `${name}=http://${peer}`).join(","),
      "initial-cluster-token": "bench",
      "quota-backend-bytes": String(MAX_BYTES),
    };
    const list = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(program as string, [...first, ...list, ...this.#flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { NODE_OPTIONS, ...process.env },
    });
    const log = createWriteStream(join(this.#directory, `${member.name}.log`), { flags: "a" });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    member.process = child;
  }

  async kill(index: number, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = (this.#members[index] as Member).process;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  /** Index of the member that leads, once one of them says that it does. */
  async leader(): Promise<number> {
    const deadlineMs = Date.now() + READY_TIMEOUT_MS;
    for (;;) {
      const states = await Promise.all(this.#members.map(({ client }) => leads(client)));
      const index = states.indexOf(true);
      if (index >= 0) return index;
      if (Date.now() > deadlineMs) throw new Error(`${this.system} has no leader; its files: ${this.#directory}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async leaderTarget(): Promise<string> {
    return this.targets[await this.leader()] as string;
  }

  /** Resident memory in MiB of each running member. */
  memoryMiB(): number[] {
    return this.#pids().map(memoryMiBOf);
  }

  /** CPU seconds used so far by all running members. */
  cpuSeconds(): number {
    return this.#pids().reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  }

  async dispose(): Promise<void> {
    // A process that is profiled must end by itself to write its profile.
    const signal = process.env["BENCH_NODE_FLAGS"] ? "SIGTERM" : "SIGKILL";
    await Promise.all(this.#members.map((_, index) => this.kill(index, signal)));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #pids(): number[] {
    return this.#members.flatMap(({ process: child }) => (child?.exitCode === null && child.pid ? [child.pid] : []));
  }
}

function leads(target: string): Promise<boolean> {
  const client = new MaintenanceClient(target, credentials.createInsecure());
  return new Promise((resolve) => {
    client.status({}, (error, status) => {
      client.close();
      resolve(!error && status.leader !== "0" && status.leader === status.header?.memberId);
    });
  });
}
