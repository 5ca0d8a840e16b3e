import { Duplex } from "node:stream";
import { injectTrace } from "@drydock/component";
import type { V1Pod } from "@drydock/kube-api";
import type { ForwardOutput } from "@drydock/proto/drydock/node/v1/node";
import { Metadata } from "@grpc/grpc-js";
import type { Registry } from "../registry/registry.ts";
import type { DialPod } from "../webhook-client/target.ts";
import type { NodeClients } from "./node-clients.ts";
import { fromNodeError } from "./pod-target.ts";

/** Connections to ports of pods through the kubelets of their nodes, for a server that has no way into the pods' network. */
export function dialPods(registry: Registry, nodes: NodeClients): DialPod {
  const pods = registry.require("", "v1", "pods");
  return ({ namespace, name }, port) => {
    const pod = registry.cached<V1Pod>(pods, namespace, name);
    if (!pod?.spec?.nodeName) throw new Error(`pod ${JSON.stringify(name)} not found`);
    const call = nodes.for(pod.spec.nodeName).portForward(injectTrace(new Metadata()));
    const target = { podNamespace: namespace, podName: name, podUid: pod.metadata.uid ?? "", container: "" };
    call.write({ kind: { $case: "start", value: { target, port } } });
    const stream = new Duplex({
      read: () => void call.resume(),
      write(chunk: Buffer, _encoding, done) {
        if (call.write({ kind: { $case: "data", value: chunk } })) done();
        else call.once("drain", () => done());
      },
      final(done) {
        call.write({ kind: { $case: "close", value: true } });
        done();
      },
      destroy(error, done) {
        call.cancel();
        done(error);
      },
    });
    call.on("data", ({ kind }: ForwardOutput) => {
      if (kind?.$case === "error") stream.destroy(new Error(kind.value));
      if (kind?.$case === "data" && !stream.push(kind.value)) call.pause();
    });
    call.on("end", () => stream.push(null));
    call.on("error", (cause) => stream.destroy(fromNodeError(cause)));
    return stream;
  };
}
