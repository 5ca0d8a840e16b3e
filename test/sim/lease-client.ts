import { CLIENT_TIMEOUT_STEPS, type Client, type Cluster, call } from "./clients.ts";
import type { Answer } from "./state.ts";

/** Takes a lease, ties a key to it, keeps it alive for a while, and lets it go in the end. */
export class LeaseClient implements Client {
  readonly #cluster: Cluster;
  readonly #name: string;
  #lease = "";
  #ttlSeconds = 0;
  #keepAlives = 0;
  #isWaiting = false;
  #nextAtStep = 0;
  #isStopped = false;

  constructor(cluster: Cluster, name: string) {
    this.#cluster = cluster;
    this.#name = name;
  }

  step(): void {
    const { step } = this.#cluster.agenda;
    if (this.#isStopped || step < this.#nextAtStep) return;
    if (this.#isWaiting || this.#keepAlives <= 0) this.#grant();
    else this.#keepAlive();
  }

  stop(): void {
    this.#isStopped = true;
  }

  #grant(): void {
    const { prng } = this.#cluster;
    this.#lease = `${1000 + this.#cluster.freshNumber()}`;
    this.#ttlSeconds = 2 + prng.integer(3);
    this.#keepAlives = 1 + prng.integer(12);
    const { lease, ttlSeconds } = { lease: this.#lease, ttlSeconds: this.#ttlSeconds } as const;
    this.#send<Answer>(
      (process, reply) => process.propose({ kind: "lease-grant", lease, ttlSeconds }, reply),
      (answer, sentMs) => {
        if (answer === "unreachable" || answer.kind !== "done") return this.#abandon();
        this.#alive(lease, sentMs, ttlSeconds);
        this.#putKey(lease);
      },
    );
  }

  /** A part of the KV history like any other write. */
  #putKey(lease: string): void {
    const { recorder, agenda } = this.#cluster;
    const request = { kind: "put", key: `lease/${this.#name}`, value: lease, lease } as const;
    const calledMs = agenda.nowMs;
    const isOver = { yet: false };
    agenda.after(CLIENT_TIMEOUT_STEPS, () => {
      if (!isOver.yet) recorder.operation(this.#name, request, calledMs, { kind: "unknown" });
      isOver.yet = true;
    });
    call<Answer>(
      this.#cluster,
      (process, reply) => process.propose({ kind: "kv", request }, reply),
      (answer) => {
        if (isOver.yet) return;
        isOver.yet = true;
        if (answer === "unreachable" || answer.kind !== "kv") return;
        const response = { revision: answer.revision, result: answer.result };
        recorder.operation(this.#name, request, calledMs, { kind: "returned", atMs: agenda.nowMs, response });
      },
    );
  }

  #keepAlive(): void {
    const lease = this.#lease;
    this.#send<number | undefined>(
      (process, reply) => process.keepAlive(lease, reply),
      (ttlSeconds, sentMs) => {
        if (ttlSeconds === "unreachable" || ttlSeconds === undefined) return;
        if (ttlSeconds === 0) return this.#abandon();
        this.#keepAlives--;
        this.#alive(lease, sentMs, ttlSeconds);
      },
    );
  }

  #alive(lease: string, sentMs: number, ttlSeconds: number): void {
    const { recorder, prng, agenda } = this.#cluster;
    recorder.leaseEvents.push({ kind: "alive", id: recorder.id(), lease, sentMs, ttlMs: ttlSeconds * 1000 });
    this.#nextAtStep = agenda.step + prng.integer(ttlSeconds * 95);
  }

  #abandon(): void {
    this.#keepAlives = 0;
    this.#nextAtStep = this.#cluster.agenda.step + 20;
  }

  #send<T>(ask: Parameters<typeof call<T>>[1], answered: (answer: T | "unreachable", sentMs: number) => void): void {
    const sentMs = this.#cluster.agenda.nowMs;
    const lease = this.#lease;
    this.#isWaiting = true;
    this.#nextAtStep = this.#cluster.agenda.step + CLIENT_TIMEOUT_STEPS;
    call<T>(this.#cluster, ask, (answer) => {
      if (lease !== this.#lease) return;
      this.#isWaiting = false;
      this.#nextAtStep = this.#cluster.agenda.step + 10;
      answered(answer, sentMs);
    });
  }
}
