import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { V1Container, V1Probe } from "@drydock/kube-api";
import type { ContainerRuntime } from "../runtime/runtime.ts";

export interface ProbeResult {
  readonly isSuccess: boolean;
  /** For the Unhealthy event. */
  readonly output: string;
}

export interface ProbeTarget {
  readonly container: V1Container;
  readonly containerId: string;
  readonly podIp: string;
}

const MAX_OUTPUT = 10 * 1024;

/** Carries out one probe; never rejects. */
export async function runProbe(probe: V1Probe, target: ProbeTarget, runtime: ContainerRuntime): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec) return await execProbe(probe.exec.command ?? [], target, runtime, timeoutMs);
    if (probe.httpGet) return await httpProbe(probe.httpGet, target, timeoutMs);
    if (probe.tcpSocket)
      return await tcpProbe(
        probe.tcpSocket.host || target.podIp,
        portNumber(probe.tcpSocket.port, target.container),
        timeoutMs,
      );
    if (probe.grpc) return await tcpProbe(target.podIp, probe.grpc.port, timeoutMs);
    return { isSuccess: true, output: "" };
  } catch (error) {
    return { isSuccess: false, output: (error as Error).message };
  }
}

async function execProbe(
  command: readonly string[],
  target: ProbeTarget,
  runtime: ContainerRuntime,
  timeoutMs: number,
): Promise<ProbeResult> {
  const session = await runtime.exec(target.containerId, {
    command,
    isTty: false,
    hasStdin: false,
    hasStdout: true,
    hasStderr: true,
  });
  let output = "";
  const collect = (chunk: Buffer) => {
    if (output.length < MAX_OUTPUT) output += chunk.toString("utf8");
  };
  session.stdout.on("data", collect);
  session.stderr.on("data", collect);
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<"timeout">((resolve) => {
    timer = setTimeout(() => resolve("timeout"), timeoutMs);
  });
  const outcome = await Promise.race([session.exitCode, timedOut]);
  clearTimeout(timer);
  session.close();
  if (outcome === "timeout")
    return {
      isSuccess: false,
      output: `command timed out: ${JSON.stringify(command.join(" "))} timed out after ${timeoutMs / 1000}s`,
    };
  return { isSuccess: outcome === 0, output };
}

function httpProbe(
  action: NonNullable<V1Probe["httpGet"]>,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeResult> {
  const isTls = action.scheme?.toUpperCase() === "HTTPS";
  const headers = Object.fromEntries((action.httpHeaders ?? []).map((header) => [header.name, header.value]));
  const host = action.host || target.podIp;
  const port = portNumber(action.port, target.container);
  const path = action.path?.startsWith("/") ? action.path : `/${action.path ?? ""}`;
  const options = {
    host,
    port,
    path,
    headers: { "User-Agent": "kube-probe/1.36", Accept: "*/*", Connection: "close", ...headers },
    timeout: timeoutMs,
    agent: false as const,
  };
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      response.resume();
      // Upstream: 200 to 399 is healthy; redirects are not followed to other hosts.
      const isSuccess = status >= 200 && status < 400;
      resolve({ isSuccess, output: isSuccess ? "" : `HTTP probe failed with statuscode: ${status}` });
    };
    const request = isTls
      ? httpsRequest({ ...options, rejectUnauthorized: false }, onResponse)
      : httpRequest(options, onResponse);
    const url = `${isTls ? "https" : "http"}://${host}:${port}${path}`;
    request.once("timeout", () =>
      request.destroy(new Error("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")),
    );
    request.once("error", (error) => reject(new Error(`Get "${url}": ${dialMessage(error, host, port)}`)));
    request.end();
  });
}

function tcpProbe(host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => finish({ isSuccess: false, output: `dial tcp ${host}:${port}: i/o timeout` }));
    socket.once("connect", () => finish({ isSuccess: true, output: "" }));
    socket.once("error", (error) => finish({ isSuccess: false, output: dialMessage(error, host, port) }));
  });
}

/** Node's error codes in the words people search for. */
function dialMessage(error: Error, host: string, port: number): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ECONNREFUSED") return `dial tcp ${host}:${port}: connect: connection refused`;
  if (code === "EHOSTUNREACH") return `dial tcp ${host}:${port}: connect: no route to host`;
  return error.message;
}

/** A number, or the name of one of the container's ports. */
function portNumber(port: number | string, container: V1Container): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find((candidate) => candidate.name === port);
  const value = named?.containerPort ?? Number(port);
  if (!Number.isInteger(value) || value < 1 || value > 65535)
    throw new Error(`couldn't find port: ${port} in container ${container.name}`);
  return value;
}
