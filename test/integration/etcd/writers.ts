import assert from "node:assert/strict";
import { type EtcdClient, EtcdError } from "@drydock/etcd-client";
import type { EtcdCluster } from "./etcd-cluster.ts";

/** Clients that put one new key after the other, and remember which were acknowledged. Errors are what they must live with. */
export class Writers {
  readonly #acknowledged = new Set<string>();
  readonly #attempted = new Set<string>();
  readonly #times: number[] = [];
  readonly #work: Promise<void>[];
  #isStopped = false;

  constructor(cluster: EtcdCluster, count: number, members?: readonly number[]) {
    this.#work = Array.from({ length: count }, (_, number) => this.#write(cluster.client(members, 8000), number));
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.size;
  }

  async untilAcknowledged(count: number, timeoutMs = 30_000): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (this.#acknowledged.size < count) {
      assert.ok(
        performance.now() < deadlineMs,
        `only ${this.#acknowledged.size} of ${count} writes in ${timeoutMs} ms`,
      );
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** When (monotonic ms) the first write that began after `ms` was acknowledged. */
  async nextAcknowledgementAfter(ms: number): Promise<number> {
    for (;;) {
      const found = this.#times.find((time) => time > ms + 20);
      if (found !== undefined) return found;
      assert.ok(performance.now() < ms + 20_000, "no write was acknowledged for 20 s");
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#work);
  }

  /** Every acknowledged write is there, nothing is there that nobody wrote, and no write happened twice. */
  async check(client: EtcdClient): Promise<void> {
    const { kvs } = await client.range({ key: "writer/", prefix: true });
    const found = new Set(kvs.map(({ key }) => key.toString()));
    const lost = [...this.#acknowledged].filter((key) => !found.has(key));
    assert.deepEqual(lost, [], "acknowledged writes that are lost");
    assert.deepEqual(
      [...found].filter((key) => !this.#attempted.has(key)),
      [],
      "writes out of nowhere",
    );
    assert.deepEqual(
      kvs.filter(({ version }) => version !== 1).map(({ key }) => String(key)),
      [],
      "writes that happened twice",
    );
  }

  async #write(client: EtcdClient, writer: number): Promise<void> {
    for (let number = 0; !this.#isStopped; number++) {
      const key = `writer/${writer}/${number}`;
      this.#attempted.add(key);
      const startedMs = performance.now();
      try {
        await client.put({ key, value: key });
        this.#acknowledged.add(key);
        this.#times.push(Math.max(startedMs, performance.now()));
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    client.close();
  }
}
