import { status } from "@grpc/grpc-js";
import { RpcError } from "../rpc/errors.ts";
import type { HttpRequest } from "./exchange.ts";

/** Room for the largest request there is, in base64. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The whole body as text. Rejects with RpcError when it is too large. */
export async function readBody({ body }: HttpRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new RpcError(status.RESOURCE_EXHAUSTED, "etcdserver: request is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
