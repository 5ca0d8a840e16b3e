import { createHash } from "node:crypto";
import { type Layout, planDatabase, writeDatabase } from "@drydock/bbolt";
import type { SnapshotRequest, SnapshotResponse } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { ServerWritableStream } from "@grpc/grpc-js";
import type { LmdbBackend } from "../backend/lmdb-backend.ts";
import type { PinnedRead } from "../backend/pinned-read.ts";
import { etcdBuckets } from "./etcd-buckets.ts";

type SnapshotCall = ServerWritableStream<SnapshotRequest, SnapshotResponse>;

const BLOB_BYTES = 32 * 1024;
/** Planned in one go, before others get their turn. */
const PLAN_PAGES = 128;

/**
 * The state at the call as etcd's database, then the SHA-256 of it, as etcd appends it. Writes go on meanwhile. Ends early, and quietly, when
 * the client does.
 */
export async function sendSnapshot(
  call: SnapshotCall,
  backend: LmdbBackend,
  about: Pick<SnapshotResponse, "header" | "version">,
): Promise<void> {
  await backend.sync();
  using pin = backend.pin();
  const layout = await planSlowly(pin);
  const digest = createHash("sha256");
  const sink = new BlobSink(call, layout.sizeBytes, about);
  for await (const blob of blobsOf(pin, layout)) {
    if (call.cancelled) return;
    digest.update(blob);
    await sink.send(blob);
  }
  await sink.send(digest.digest());
  call.end();
}

async function planSlowly(pin: PinnedRead): Promise<Layout> {
  const planning = planDatabase(() => etcdBuckets(pin));
  for (let pages = 1; ; pages++) {
    const step = planning.next();
    if (step.done) return step.value;
    if (pages % PLAN_PAGES === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function* blobsOf(pin: PinnedRead, layout: Layout): AsyncIterable<Buffer> {
  let pages: Uint8Array[] = [];
  let bytes = 0;
  for (const page of writeDatabase(() => etcdBuckets(pin), layout)) {
    pages.push(page);
    bytes += page.length;
    if (bytes < BLOB_BYTES) continue;
    yield Buffer.concat(pages);
    pages = [];
    bytes = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (bytes > 0) yield Buffer.concat(pages);
}

/** Counts down what is still to come; waits for a client that reads slowly. */
class BlobSink {
  readonly #call: SnapshotCall;
  readonly #about: Pick<SnapshotResponse, "header" | "version">;
  readonly #gone: Promise<unknown>;
  #remainingBytes: number;

  constructor(call: SnapshotCall, sizeBytes: number, about: Pick<SnapshotResponse, "header" | "version">) {
    this.#call = call;
    this.#about = about;
    this.#remainingBytes = sizeBytes;
    this.#gone = new Promise((resolve) => call.once("cancelled", resolve));
  }

  async send(blob: Buffer): Promise<void> {
    this.#remainingBytes = Math.max(0, this.#remainingBytes - blob.length);
    if (this.#call.write({ ...this.#about, remainingBytes: this.#remainingBytes, blob })) return;
    await Promise.race([new Promise((resolve) => this.#call.once("drain", resolve)), this.#gone]);
  }
}
