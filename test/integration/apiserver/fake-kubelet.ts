import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import type { ApiClient } from "@drydock/client";
import { nodes, pods, serviceAccounts } from "@drydock/kube-api";
import {
  type ForwardInput,
  type ForwardOutput,
  type LogsChunk,
  type LogsRequest,
  NodeService,
  type StreamInput,
  type StreamOutput,
} from "@drydock/proto/drydock/node/v1/node";
import { Server, ServerCredentials, type ServerDuplexStream, type ServerWritableStream } from "@grpc/grpc-js";

type Streams = ServerDuplexStream<StreamInput, StreamOutput>;

export interface FakeKubelet {
  readonly port: number;
  stop(): void;
}

/**
 * Speaks what the apiserver asks of kubelets, without containers: exec and attach run the command on this machine, a forwarded
 * port is one of loopback, logs are a few lines.
 */
export async function startFakeKubelet(): Promise<FakeKubelet> {
  const server = new Server();
  server.addService(NodeService, {
    logs,
    exec: (call: Streams) => run(call),
    attach: (call: Streams) => run(call, ["sh", "-c", 'echo attached; read line; echo "got $line"']),
    portForward,
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { port, stop: () => server.forceShutdown() };
}

/** The pod `app-pod` with a container `app-container` in the namespace default, on a node whose kubelet this is. */
export async function addRunningPod(client: ApiClient, kubelet: FakeKubelet): Promise<void> {
  const namespace = "default";
  await client.create(serviceAccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace },
  });
  await client.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } });
  const address = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
  };
  await client.patch(nodes, { name: "node-1" }, { status: address }, "application/merge-patch+json", "status");
  await client.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "app-pod", namespace },
    spec: { nodeName: "node-1", containers: [{ name: "app-container", image: "nginx" }] },
  });
  const status = { phase: "Running", podIP: "127.0.0.1" };
  await client.patch(pods, { namespace, name: "app-pod" }, { status }, "application/merge-patch+json", "status");
}

function logs(call: ServerWritableStream<LogsRequest, LogsChunk>): void {
  const lines = ["first", "second", "third"].slice(-(call.request.tailLines ?? 3));
  for (const line of lines) call.write({ data: Buffer.from(`${line}\n`) });
  call.end();
}

function run(call: Streams, fixed?: readonly string[]): void {
  let child: ChildProcess | undefined;
  call.on("data", ({ kind }: StreamInput) => {
    switch (kind?.$case) {
      case "start":
        child = start(call, fixed ?? kind.value.command, kind.value.tty);
        return;
      case "stdin":
        child?.stdin?.write(kind.value);
        return;
      case "closeStdin":
        child?.stdin?.end();
        return;
      case "resize":
        call.write({
          kind: { $case: "stdout", value: Buffer.from(`size ${kind.value.width}x${kind.value.height}\n`) },
        });
    }
  });
  call.on("cancelled", () => child?.kill("SIGKILL"));
}

function start(call: Streams, [command = "", ...args]: readonly string[], tty: boolean): ChildProcess {
  const child = spawn(command, args, { stdio: "pipe" });
  child.stdin.on("error", () => {});
  child.stdout.on("data", (value: Buffer) => call.write({ kind: { $case: "stdout", value } }));
  child.stderr.on("data", (value: Buffer) => call.write({ kind: { $case: tty ? "stdout" : "stderr", value } }));
  const finish = (code: number, error: string) => {
    call.write({ kind: { $case: "exit", value: { code, error } } });
    call.end();
  };
  child.on("error", (error) => finish(0, `exec: ${error.message}`));
  child.on("close", (code) => {
    if (child.pid !== undefined) finish(code ?? 137, "");
  });
  return child;
}

function portForward(call: ServerDuplexStream<ForwardInput, ForwardOutput>): void {
  let socket: ReturnType<typeof connect> | undefined;
  call.on("data", ({ kind }: ForwardInput) => {
    if (kind?.$case === "data") socket?.write(kind.value);
    if (kind?.$case === "close") socket?.end();
    if (kind?.$case !== "start") return;
    socket = connect({ host: "127.0.0.1", port: kind.value.port, allowHalfOpen: true });
    socket.on("data", (value: Buffer) => call.write({ kind: { $case: "data", value } }));
    socket.on("end", () => call.end());
    socket.on("error", ({ message }) => {
      call.write({ kind: { $case: "error", value: message } });
      call.end();
    });
  });
  call.on("cancelled", () => socket?.destroy());
}
