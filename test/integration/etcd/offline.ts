import { execFile } from "node:child_process";
import type { PreparedMember } from "./etcd-cluster.ts";

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ETCDUTL = new URL("../../../services/etcd-node/src/etcdutl.ts", import.meta.url).pathname;

/** Our own offline tool, as a process. */
export function etcdutl(...args: string[]): Promise<Ended> {
  return run(process.execPath, [ETCDUTL, ...args]);
}

/** Debian's etcdctl, for what needs no server. */
export function offlineEtcdctl(...args: string[]): Promise<Ended> {
  return run("/usr/bin/etcdctl", args);
}

/** Makes a member's data directory from a snapshot, by one tool or the other. */
export function restoreBy(
  tool: (...args: string[]) => Promise<Ended>,
  snapshot: string,
  ...more: string[]
): (member: PreparedMember) => Promise<void> {
  return async ({ name, dataDir, peerUrl, initialCluster, token }) => {
    const flags = [
      `--data-dir=${dataDir}`,
      `--name=${name}`,
      `--initial-cluster=${initialCluster}`,
      `--initial-cluster-token=${token}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
    ];
    const { status, stderr } = await tool("snapshot", "restore", snapshot, ...flags, ...more);
    if (status !== 0) throw new Error(`restore ended with ${status}: ${stderr}`);
  };
}

function run(command: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, ETCDCTL_API: "3" };
    execFile(command, args, { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}
