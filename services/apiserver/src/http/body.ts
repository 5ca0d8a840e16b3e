import { requestEntityTooLarge } from "@drydock/apimachinery";
import type { ServerRequest } from "./exchange.ts";

/** The most an API request may carry: what the store takes, with room for a patch's overhead. */
const bodyBytesMax = 3 * 1024 * 1024;
/** Of a body that is too large, this much is read and thrown away: a client that is still writing would not see the answer. */
const discardedBytesMax = 32 * 1024 * 1024;

export async function readBody(request: ServerRequest): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > discardedBytesMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > discardedBytesMax) throw tooLarge();
    if (length <= bodyBytesMax) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (length > bodyBytesMax) throw tooLarge();
  return Buffer.concat(chunks);
}

function tooLarge() {
  return requestEntityTooLarge(`limit is ${bodyBytesMax}`);
}
