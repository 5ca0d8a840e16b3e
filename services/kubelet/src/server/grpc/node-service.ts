import { traceparentOf, withTrace } from "@drydock/component";
import { NodeService, type StreamInput, type StreamOutput } from "@drydock/proto/drydock/node/v1/node";
import { Server, type ServerDuplexStream, ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import { type PodDirectory, toServiceError } from "../pod-directory.ts";
import { openAttach, openExec, type SessionStart } from "../sessions.ts";
import { createLogs } from "./logs.ts";
import { createPortForward } from "./port-forward.ts";
import { bridgeSession } from "./stream-bridge.ts";

/** Only the apiserver may look into pods this way: it has authorized the user before it asks. */
const ALLOWED_CLIENT = "kube-apiserver-kubelet-client";

/** The kubelet's side of `pods/log`, `exec`, `attach` and `portforward`. */
export function createNodeService(directory: PodDirectory): Server {
  const server = new Server({ interceptors: [onlyApiserver, traced] });
  server.addService(NodeService, {
    logs: createLogs(directory),
    exec: createSession(directory, openExec),
    attach: createSession(directory, openAttach),
    portForward: createPortForward(directory),
  });
  return server;
}

function createSession(directory: PodDirectory, open: typeof openExec) {
  return (call: ServerDuplexStream<StreamInput, StreamOutput>): void => {
    bridgeSession(call, (start: SessionStart) => open(directory, start)).catch((error: unknown) =>
      call.emit("error", toServiceError(error)),
    );
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
