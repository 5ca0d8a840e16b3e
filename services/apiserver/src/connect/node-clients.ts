import { StatusError } from "@drydock/apimachinery";
import { grpcChannelCredentials, type TlsMaterial } from "@drydock/component";
import type { V1Node } from "@drydock/kube-api";
import { NodeClient } from "@drydock/proto/drydock/node/v1/node";
import { credentials } from "@grpc/grpc-js";
import type { Registry } from "../registry/registry.ts";

/** Connections to kubelets, made when first needed and again when a node's address changed. */
export class NodeClients {
  readonly #registry: Registry;
  readonly #tls: TlsMaterial | undefined;
  readonly #clients = new Map<string, { address: string; client: NodeClient }>();

  constructor(registry: Registry, tls: TlsMaterial | undefined) {
    this.#registry = registry;
    this.#tls = tls;
  }

  /** What is shown to kubelets, and whom they must be signed by. */
  get tls(): TlsMaterial | undefined {
    return this.#tls;
  }

  /** Throws a StatusError when the node is not known or has no address yet. */
  for(nodeName: string): NodeClient {
    const node = this.#registry.cached<V1Node>(this.#registry.require("", "v1", "nodes"), "", nodeName);
    const ip = node?.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
    const port = node?.status?.daemonEndpoints?.kubeletEndpoint?.Port;
    if (!ip || !port) throw noAddress(nodeName);
    const address = `${ip}:${port}`;
    const known = this.#clients.get(nodeName);
    if (known?.address === address) return known.client;
    known?.client.close();
    const client = new NodeClient(
      address,
      this.#tls ? grpcChannelCredentials(this.#tls) : credentials.createInsecure(),
      {
        // The certificate names the node, whatever address it has now.
        "grpc.ssl_target_name_override": nodeName,
        "grpc.max_receive_message_length": -1,
        "grpc.enable_channelz": 0,
        "grpc.keepalive_time_ms": 10_000,
        "grpc.keepalive_timeout_ms": 5_000,
      },
    );
    this.#clients.set(nodeName, { address, client });
    return client;
  }

  close(): void {
    for (const { client } of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

/** In upstream's words. */
export function noAddress(nodeName: string): StatusError {
  return new StatusError({
    apiVersion: "v1",
    kind: "Status",
    metadata: {},
    status: "Failure",
    code: 500,
    reason: "InternalError",
    message: `no preferred addresses found for node ${JSON.stringify(nodeName)}`,
  });
}
