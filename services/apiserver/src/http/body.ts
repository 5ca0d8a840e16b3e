import { requestEntityTooLarge } from "@drydock/apimachinery";
import type { ServerRequest } from "./exchange.ts";

/** The most an API request may carry: what the store takes, with room for a patch's overhead. */
export const bodyBytesMax = 3 * 1024 * 1024;

export async function readBody(request: ServerRequest): Promise<Buffer> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > bodyBytesMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyBytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge() {
  return requestEntityTooLarge(`limit is ${bodyBytesMax}`);
}
