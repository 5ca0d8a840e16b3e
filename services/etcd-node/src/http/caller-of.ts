import { Metadata } from "@grpc/grpc-js";
import type { LocalCaller } from "../rpc/local-call.ts";
import type { HttpRequest } from "./exchange.ts";

/** Headers with this prefix are meant for the service. */
const METADATA_PREFIX = "grpc-metadata-";

/** Who comes by HTTP says who they are by token: a certificate is never taken for a user here, as upstream has it. */
export function callerOf({ headers, signal }: HttpRequest): LocalCaller {
  const metadata = new Metadata();
  metadata.set("grpcgateway-accept", headers["accept"] ?? "*/*");
  if (headers["authorization"] !== undefined) metadata.set("authorization", headers["authorization"]);
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith(METADATA_PREFIX)) metadata.set(name.slice(METADATA_PREFIX.length), value);
  return { metadata, getAuthContext: () => ({}), signal };
}
