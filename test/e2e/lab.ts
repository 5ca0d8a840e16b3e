import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";

/** The lab as its users hold it: kubectl, etcdctl, the Docker socket and plain HTTP from the host. */

export const root = new URL("../..", import.meta.url).pathname;
export const labName = process.env["DRYDOCK_LAB"] ?? "drydock";
export const docker = new Docker();

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end, whatever that is. */
export function tryRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        maxBuffer: 64 << 20,
        timeout: options.timeoutMs ?? 90_000,
        env: { ...process.env, ...options.env },
        cwd: root,
      },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
        resolve({ code, stdout, stderr });
      },
    );
    // It may have ended without reading.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
  });
}

/** kubectl in the lab's context; its standard output. Rejects, with what it said, when it fails. */
export async function kubectl(args: string | readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryKubectl(args, options);
  if (code !== 0) throw new Error(`kubectl ${words(args).join(" ")}: exit code ${code}\n${stderr}${stdout}`);
  return stdout;
}

export function tryKubectl(args: string | readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return tryRun("kubectl", ["--context", labName, ...words(args)], options);
}

/** An object or a list, parsed. */
export async function getJson<T>(args: string): Promise<T> {
  return JSON.parse(await kubectl(`get ${args} -o json`)) as T;
}

/** A kubectl that goes on until it is stopped, as `-w` and `-f` do. */
export function followKubectl(args: string): { output(): string; stop(): Promise<void> } {
  const child = spawn("kubectl", ["--context", labName, ...words(args)], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    output: () => text,
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** A namespace of its own for one group of tests, gone with everything in it afterwards. */
export function useNamespace(name: string): void {
  before(async () => {
    await kubectl(`delete namespace ${name} --ignore-not-found --wait`);
    await kubectl(`create namespace ${name}`);
    await eventually("the default service account is there", () => kubectl(`get serviceaccount default -n ${name}`));
  });
  after(() => kubectl(`delete namespace ${name} --wait`, { timeoutMs: 120_000 }));
}

/** What went on in the lab, printed when a test fails. */
export function explainFailures(namespace: string): void {
  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    for (const args of ["get nodes", `get all -o wide -n ${namespace}`, `get events -n ${namespace}`]) {
      const { stdout, stderr } = await tryKubectl(args);
      console.error(`--- kubectl ${args}\n${stdout.split("\n").slice(-40).join("\n")}${stderr}`);
    }
  });
}

const PAUSE_MS = 200;

/** Tries `check` until it neither throws nor returns undefined or false; then its result. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown = "no result";
  while (performance.now() < deadlineMs) {
    try {
      const result = await check();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      last = error;
    }
    await sleep(PAUSE_MS);
  }
  throw new Error(`waited ${timeoutMs / 1000} s until ${what}: ${String(last)}`, { cause: last });
}

export interface PodView {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status: {
    phase: string;
    podIP?: string;
    conditions?: { type: string; status: string; message?: string; reason?: string }[];
    containerStatuses?: {
      ready: boolean;
      restartCount: number;
      containerID?: string;
      state: { waiting?: { reason: string; message?: string } };
    }[];
  };
}

export async function podsOf(namespace: string, selector: string): Promise<PodView[]> {
  return (await getJson<{ items: PodView[] }>(`pods -n ${namespace} -l ${selector}`)).items;
}

export function isReady({ metadata, status }: PodView): boolean {
  return (
    !metadata.deletionTimestamp &&
    (status.conditions ?? []).some(({ type, status: value }) => type === "Ready" && value === "True")
  );
}

/** Exactly so many pods, all of them ready. */
export function readyPods(namespace: string, selector: string, count: number, timeoutMs = 60_000): Promise<PodView[]> {
  return eventually(
    `${count} pods of ${selector} are ready`,
    async () => {
      const pods = await podsOf(namespace, selector);
      return pods.length === count && pods.every(isReady) && pods;
    },
    timeoutMs,
  );
}

interface NodeView {
  metadata: { name: string };
  status: { addresses: { type: string; address: string }[]; conditions: { type: string; status: string }[] };
}

export async function nodes(): Promise<{ name: string; address: string; isReady: boolean }[]> {
  const { items } = await getJson<{ items: NodeView[] }>("nodes");
  return items.map(({ metadata, status }) => ({
    name: metadata.name,
    address: status.addresses.find(({ type }) => type === "InternalIP")?.address ?? "",
    isReady: status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
  }));
}

export async function allNodesReady(timeoutMs = 60_000): Promise<void> {
  await eventually(
    "three nodes are ready",
    async () => {
      const all = await nodes();
      return all.length === 3 && all.every((node) => node.isReady);
    },
    timeoutMs,
  );
}

/** One GET over a connection of its own. */
export function curl(host: string, port: number, timeoutMs = 5000): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host, port, agent: false, timeout: timeoutMs }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.once("error", reject);
    });
    call.once("timeout", () => call.destroy(new Error("timed out")));
    call.once("error", reject);
    call.end();
  });
}

export function container(process: string): Docker.Container {
  return docker.getContainer(`${labName}-${process}`);
}

/** Ends a container as `docker kill` does: it stays down until somebody starts it. */
export async function kill(process: string): Promise<void> {
  await container(process).kill({ signal: "SIGKILL" });
}

export async function start(process: string): Promise<void> {
  await container(process)
    .start()
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode !== 304) throw error;
    });
}

/** The process inside ends as if it had crashed; what supervises it is to bring it back. */
export async function crash(name: string): Promise<void> {
  const { State } = await container(name).inspect();
  process.kill(State.Pid, "SIGKILL");
  await eventually(`${name} is back`, async () => {
    const now = (await container(name).inspect()).State;
    return now.Running && now.Pid !== State.Pid;
  });
}

export const adminDirectory = join(root, ".drydock/pki/admin");
/** Host ports of the three members, as the compose file publishes them by default. */
const etcdPorts = [1, 2, 3].map((number) =>
  Number(process.env[`DRYDOCK_ETCD${number}_PORT`] ?? [2379, 22379, 32379][number - 1]),
);
const etcdMembers = etcdPorts.map((port, index) => ({
  name: `etcd-${index + 1}`,
  endpoint: `https://127.0.0.1:${port}`,
}));

async function etcdctl(args: string, endpoints = etcdMembers.map(({ endpoint }) => endpoint)): Promise<string> {
  const flags = [
    `--endpoints=${endpoints.join(",")}`,
    `--cacert=${adminDirectory}/etcd-ca.crt`,
    `--cert=${adminDirectory}/etcd-client.crt`,
    `--key=${adminDirectory}/etcd-client.key`,
  ];
  const { code, stdout, stderr } = await tryRun("etcdctl", [...flags, ...words(args)], { env: { ETCDCTL_API: "3" } });
  if (code !== 0) throw new Error(`etcdctl ${args}: exit code ${code}\n${stderr}${stdout}`);
  return stdout;
}

interface EndpointStatus {
  Endpoint: string;
  Status: { header: { member_id: number }; leader: number };
}

/** Name of the member that leads, by its own word. */
export function etcdLeader(): Promise<string> {
  return eventually("the store has a leader", async () => {
    const text = await etcdctl("endpoint status -w json");
    const found = (JSON.parse(text) as EndpointStatus[]).find(
      ({ Status }) => Status.leader !== 0 && Status.leader === Status.header.member_id,
    );
    return etcdMembers.find(({ endpoint }) => endpoint === found?.Endpoint)?.name;
  });
}

export function storesAgree(): Promise<true> {
  return eventually("all members have the same hash", async () => {
    const hashes = JSON.parse(await etcdctl("endpoint hashkv -w json")) as { HashKV: { hash: number } }[];
    return hashes.length === 3 && new Set(hashes.map(({ HashKV }) => HashKV.hash)).size === 1;
  });
}

const apiPort = Number(process.env["DRYDOCK_API_PORT"] ?? 6443);

interface ApiCall {
  readonly method?: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request to the apiserver on a connection of its own: as the administrator, with a token instead, or as nobody. */
export function callApi(
  path: string,
  as: "admin" | "nobody" | (string & {}),
  { method = "GET", body, contentType = "application/json", headers = {} }: ApiCall = {},
): Promise<{ status: number; body: string; headers: IncomingHttpHeaders }> {
  const read = (name: string) => readFileSync(join(adminDirectory, name));
  const identity = as === "admin" ? { cert: read("admin.crt"), key: read("admin.key") } : {};
  const isToken = as !== "admin" && as !== "nobody";
  return new Promise((resolve, reject) => {
    const call = httpsRequest(
      {
        host: "127.0.0.1",
        port: apiPort,
        path,
        method,
        ca: read("ca.crt"),
        ...identity,
        agent: false,
        timeout: 20_000,
        headers: {
          ...headers,
          ...(isToken ? { authorization: `Bearer ${as}` } : {}),
          ...(body === undefined ? {} : { "content-type": contentType }),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("end", () =>
          resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
        );
        response.once("error", reject);
      },
    );
    call.once("timeout", () => call.destroy(new Error("timed out")));
    call.once("error", reject);
    call.end(body);
  });
}

function words(args: string | readonly string[]): readonly string[] {
  return typeof args === "string" ? args.split(" ").filter(Boolean) : args;
}
