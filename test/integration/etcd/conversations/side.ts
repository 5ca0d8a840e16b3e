import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials } from "@grpc/grpc-js";
import { endWithRunner } from "../../loopback/end-with-runner.ts";
import { freePorts } from "../../loopback/free-ports.ts";
import { callUnary } from "./call.ts";

/** Whose members: ours, or upstream's, named by `BENCH_ETCD`. */
export type System = "drydock" | "etcd";

const MAIN = new URL("../../../../services/etcd-node/src/main.ts", import.meta.url).pathname;
const READY_TIMEOUT_MS = 30_000;

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
  readonly connection: Client;
  process?: ChildProcess;
  id?: string;
}

/** One cluster of a script, and what it has been told so far. */
export class Side {
  readonly system: System;
  readonly variables = new Map<string, string>();
  /** What differs between the two sides and means the same, and the text that stands for it. */
  readonly names: [string, string][] = [];
  readonly #members: readonly Member[];
  readonly #directory = mkdtempSync(join(tmpdir(), "drydock-parity-"));
  #leader = 0;

  private constructor(system: System, members: readonly Member[]) {
    this.system = system;
    this.#members = members;
  }

  static async start(system: System, count: number, flags: readonly string[]): Promise<Side> {
    const ports = await freePorts(count * 2);
    const members = Array.from({ length: count }, (_, index): Member => {
      const [client, peer] = [`127.0.0.1:${ports[index * 2]}`, `127.0.0.1:${ports[index * 2 + 1]}`];
      const connection = new Client(client, credentials.createInsecure(), { "grpc.max_receive_message_length": -1 });
      return { name: `m${index}`, client, peer, connection };
    });
    const side = new Side(system, members);
    for (const member of members) side.#spawn(member, flags);
    try {
      await side.#learn();
    } catch (error) {
      await side.dispose();
      throw error;
    }
    return side;
  }

  connection(to: number | "leader" | "follower"): Client {
    return this.#member(to).connection;
  }

  address(to: number | "leader" | "follower"): string {
    return this.#member(to).client;
  }

  /** Throws when a member has ended without being asked to. */
  checkAlive(): void {
    const ended = this.#members.find(({ process: child }) => hasEnded(child));
    if (ended) throw new Error(`${this.system}: a member has ended: ${this.#log(ended)}`);
  }

  async dispose(): Promise<void> {
    for (const { connection, process: child } of this.#members) {
      connection.close();
      if (!child || hasEnded(child)) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #log({ name }: Member): string {
    return readFileSync(join(this.#directory, `${name}.log`), "utf8").slice(-2000);
  }

  #member(to: number | "leader" | "follower"): Member {
    const follower = this.#leader === 0 ? 1 : 0;
    const index = to === "leader" ? this.#leader : to === "follower" ? follower : to;
    return this.#members[index] as Member;
  }

  #spawn(member: Member, extra: readonly string[]): void {
    const program = process.env["BENCH_ETCD"] ?? "";
    const [command, ...first] = this.system === "etcd" ? [program] : [process.execPath, MAIN];
    const flags = {
      name: member.name,
      "data-dir": join(this.#directory, member.name),
      "listen-client-urls": `http://${member.client}`,
      "advertise-client-urls": `http://${member.client}`,
      "listen-peer-urls": `http://${member.peer}`,
      "initial-advertise-peer-urls": `http://${member.peer}`,
      "initial-cluster": this.#members.map(({ name, peer }) => `${name}=http://${peer}`).join(","),
      "initial-cluster-token": "parity",
    };
    const list = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(command as string, [...first, ...list, ...extra], { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(this.#directory, `${member.name}.log`));
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    member.process = child;
    endWithRunner(child);
  }

  /** Waits for a leader and for all members to have told their names. */
  async #learn(): Promise<void> {
    const deadlineMs = Date.now() + READY_TIMEOUT_MS;
    const first = this.#members[0] as Member;
    for (;;) {
      const list = await callUnary(first.connection, "Cluster/MemberList", { linearizable: true }, {});
      const status = await callUnary(first.connection, "Maintenance/Status", {}, {});
      const known = (list.body as { members?: { ID: string; name?: string }[] } | undefined)?.members ?? [];
      if (known.length > 0 && known.every(({ name }) => name) && status.code === "OK") {
        this.#name(known, status.body as { header: { cluster_id: string }; leader: string });
        return;
      }
      const ended = this.#members.find(({ process: child }) => hasEnded(child));
      if (Date.now() > deadlineMs || ended) throw new Error(`no leader: ${this.#log(ended ?? first)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #name(
    known: readonly { ID: string; name?: string }[],
    status: { header: { cluster_id: string }; leader: string },
  ): void {
    this.#members.forEach((member, index) => {
      member.id = known.find(({ name }) => name === member.name)?.ID ?? "";
      if (member.id === status.leader) this.#leader = index;
      this.#call(`member${index}`, member.id);
      this.names.push([member.client, `client${index}`], [member.peer, `peer${index}`]);
      this.variables.set(`client${index}`, member.client);
      this.variables.set(`peer${index}`, member.peer);
    });
    this.#call("cluster", status.header.cluster_id);
    this.variables.set("leader", status.leader);
    this.variables.set("follower", this.#member("follower")?.id ?? "");
  }

  #call(name: string, id: string): void {
    this.variables.set(name, id);
    this.variables.set(`${name}hex`, BigInt(id).toString(16));
    this.names.push([id, name], [BigInt(id).toString(16), name]);
  }
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return !child || child.exitCode !== null || child.signalCode !== null;
}
