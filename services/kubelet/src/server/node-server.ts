import type { Logger, TlsMaterial } from "@drydock/component";
import { grpcServerCredentials, traceparentOf, withTrace } from "@drydock/component";
import { NodeService } from "@drydock/proto/drydock/node/v1/node";
import { Server, ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import { createAttach } from "./attach.ts";
import { createExec } from "./exec.ts";
import { createLogs } from "./logs.ts";
import type { PodDirectory } from "./pod-directory.ts";
import { createPortForward } from "./port-forward.ts";
import { createStats } from "./stats.ts";

export interface NodeServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMaterial;
  readonly pods: PodDirectory;
  readonly logger: Logger;
}

/** Only the apiserver may look into pods: it has authorized the user before it asks. */
const ALLOWED_CLIENT = "kube-apiserver-kubelet-client";

/** The kubelet's side of `pods/log`, `exec`, `attach`, `portforward` and stats. */
export async function serveNode(options: NodeServerOptions): Promise<{ port: number; stop(): Promise<void> }> {
  const server = new Server({ interceptors: [onlyApiserver, traced] });
  server.addService(NodeService, {
    logs: createLogs(options.pods),
    exec: createExec(options.pods),
    attach: createAttach(options.pods),
    portForward: createPortForward(options.pods),
    stats: createStats(options.pods),
  });
  const port = await new Promise<number>((resolve, reject) => {
    const address = `${options.host}:${options.port}`;
    server.bindAsync(address, grpcServerCredentials(options.tls), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    stop: async () => {
      server.forceShutdown();
    },
  };
}

const onlyApiserver: ServerInterceptor = (_method, call) => {
  const certificate = call.getAuthContext().sslPeerCertificate;
  if (certificate?.subject.CN !== ALLOWED_CLIENT) {
    return new ServerInterceptingCall(call, {
      start: () =>
        call.sendStatus({ code: status.PERMISSION_DENIED, details: "only the apiserver may call a kubelet" }),
    });
  }
  return new ServerInterceptingCall(call);
};

const traced: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata: (metadata, forward) => withTrace(traceparentOf(metadata), () => forward(metadata)),
      }),
  });
