import type { KvRequest, KvResult } from "@drydock/checker";
import { CLIENT_TIMEOUT_STEPS, type Client, type Cluster, call } from "./clients.ts";
import type { Answer } from "./state.ts";

const KEYS = ["k0", "k1", "k2", "k3"] as const;

interface Waiting {
  readonly request: KvRequest;
  readonly calledMs: number;
  readonly untilStep: number;
}

/** Writes and reads a few keys, one operation at a time, each at some member; values are unique. */
export class KvClient implements Client {
  readonly #cluster: Cluster;
  readonly #name: string;
  readonly #modRevisions = new Map<string, number>();
  #idleAtStep = 0;
  #waiting: Waiting | undefined;
  #count = 0;
  #isStopped = false;

  constructor(cluster: Cluster, name: string) {
    this.#cluster = cluster;
    this.#name = name;
  }

  step(): void {
    const { step } = this.#cluster.agenda;
    if (this.#waiting && step >= this.#waiting.untilStep) this.#end(undefined);
    if (this.#waiting || this.#isStopped || step < this.#idleAtStep) return;
    if (this.#cluster.prng.next() < 0.1) this.#readPast();
    else this.#ask(this.#chooseRequest());
  }

  stop(): void {
    this.#isStopped = true;
  }

  #ask(request: KvRequest): void {
    const waiting = {
      request,
      calledMs: this.#cluster.agenda.nowMs,
      untilStep: this.#cluster.agenda.step + CLIENT_TIMEOUT_STEPS,
    };
    this.#waiting = waiting;
    call<Answer>(
      this.#cluster,
      (process, reply) => {
        if (request.kind === "range") process.read(request, reply);
        else process.propose({ kind: "kv", request }, reply);
      },
      (answer) => {
        if (this.#waiting === waiting) this.#end(answer);
      },
    );
  }

  /** Refusals changed nothing and are no part of the history. */
  #end(answer: Answer | "unreachable" | undefined): void {
    const { request, calledMs } = this.#waiting as Waiting;
    const { agenda, prng, recorder, witness } = this.#cluster;
    this.#waiting = undefined;
    this.#idleAtStep = agenda.step + prng.integer(6);
    if (answer === undefined) {
      if (request.kind !== "range") recorder.operation(this.#name, request, calledMs, { kind: "unknown" });
    } else if (answer !== "unreachable" && answer.kind === "kv") {
      const { revision, result } = answer;
      this.#learn(request, revision, result);
      recorder.operation(this.#name, request, calledMs, {
        kind: "returned",
        atMs: agenda.nowMs,
        response: { revision, result },
      });
      witness.note(`${this.#name} ${revision} ${result.kind}`);
    }
  }

  /** Serializable: any member answers from what it has. */
  #readPast(): void {
    const { agenda, prng, recorder } = this.#cluster;
    const request = { kind: "range", key: "k", end: "l" } as const;
    this.#idleAtStep = agenda.step + 1 + prng.integer(6);
    const { process } = this.#cluster.anyMember();
    const answer = process?.state.read(request);
    if (answer?.kind !== "kv") return;
    recorder.pastReads.push({ id: recorder.id(), key: "k", end: "l", revision: answer.revision, response: answer });
  }

  #learn(request: KvRequest, revision: number, result: KvResult): void {
    if (request.kind === "put") this.#modRevisions.set(request.key, revision);
    if (result.kind === "range")
      for (const { key, modRevision } of result.kvs) this.#modRevisions.set(key, modRevision);
    if (result.kind === "txn")
      for (const each of result.results) this.#learn({ kind: "range", key: "" }, revision, each);
  }

  #chooseRequest(): KvRequest {
    const { prng } = this.#cluster;
    const key = KEYS[prng.integer(KEYS.length)] as string;
    const value = `${this.#name}.${this.#count++}`;
    const dice = prng.next();
    if (dice < 0.3) return { kind: "put", key, value };
    if (dice < 0.55) return { kind: "range", key };
    if (dice < 0.65) return { kind: "range", key: "k", end: "l" };
    if (dice < 0.72) return prng.next() < 0.3 ? { kind: "delete", key: "k", end: "k2" } : { kind: "delete", key };
    if (dice < 0.8)
      return {
        kind: "txn",
        compare: [],
        success: KEYS.slice(0, 2).map((each) => ({ kind: "put", key: each, value })),
        failure: [],
      };
    const operand = this.#modRevisions.get(key) ?? 0;
    return {
      kind: "txn",
      compare: [{ key, target: "mod", operator: "=", operand }],
      success: [{ kind: "put", key, value }],
      failure: [{ kind: "range", key }],
    };
  }
}
