import type { KvRecord, KvRequest, KvResponse, KvResult } from "@drydock/checker";
import {
  type EtcdClient,
  EtcdError,
  type KeyValue,
  type Operation,
  OutcomeUnknownError,
  type ResponseOp,
  type TxnOptions,
} from "@drydock/etcd-client";
import type { Recorder } from "./recorder.ts";

/** Sends the checker's requests to a real member and records how each ended. */
export class KvSession {
  readonly name: string;
  readonly client: EtcdClient;
  readonly #recorder: Recorder;

  constructor(name: string, client: EtcdClient, recorder: Recorder) {
    this.name = name;
    this.client = client;
    this.#recorder = recorder;
  }

  /** The answer, or undefined when there was none; what certainly had no effect is not recorded. */
  async run(request: KvRequest): Promise<KvResponse | undefined> {
    const calledMs = this.#recorder.nowMs();
    try {
      const response = await send(this.client, request);
      this.#recorder.operation(this.name, request, calledMs, {
        kind: "returned",
        atMs: this.#recorder.nowMs(),
        response,
      });
      return response;
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (error instanceof OutcomeUnknownError)
        this.#recorder.operation(this.name, request, calledMs, { kind: "unknown" });
      else {
        const { message: reason } = error;
        const atMs = this.#recorder.nowMs();
        this.#recorder.refusals.push({ client: this.name, request, calledMs, atMs, reason });
      }
      return undefined;
    }
  }

  /** From the member's own state, whatever its age, or of a revision of the past. */
  async readPast(key: string, end: string, revision: number): Promise<void> {
    const answer = await this.client
      .range({ key, rangeEnd: end, revision, serializable: true })
      .catch((error: unknown) => {
        if (!(error instanceof EtcdError)) throw error;
      });
    if (!answer) return;
    const at = revision > 0 ? revision : (answer.header?.revision ?? 0);
    const result = { kind: "range", kvs: answer.kvs.map(toRecord), count: answer.count } as const;
    this.#recorder.pastReads.push({
      id: this.#recorder.id(),
      key,
      end,
      revision: at,
      response: { revision: at, result },
    });
  }
}

async function send(client: EtcdClient, request: KvRequest): Promise<KvResponse> {
  switch (request.kind) {
    case "range": {
      const { header, kvs, count } = await client.range(toOperation(request) as Operation & { kind: "range" });
      return { revision: header?.revision ?? 0, result: { kind: "range", kvs: kvs.map(toRecord), count } };
    }
    case "put": {
      const { header } = await client.put(toOperation(request) as Operation & { kind: "put" });
      return { revision: header?.revision ?? 0, result: { kind: "put" } };
    }
    case "delete": {
      const { header, deleted } = await client.deleteRange(
        toOperation(request) as Operation & { kind: "delete-range" },
      );
      return { revision: header?.revision ?? 0, result: { kind: "delete", deleted } };
    }
    case "txn": {
      const { header, succeeded, responses } = await client.txn(toTxn(request));
      const results = responses.map(toResult);
      return { revision: header?.revision ?? 0, result: { kind: "txn", isSuccess: succeeded, results } };
    }
  }
}

function toTxn({ compare, success, failure }: KvRequest & { kind: "txn" }): TxnOptions {
  return {
    compare: compare.map(({ key, target, operator, operand }) =>
      target === "value"
        ? { key, target, operator, operand: String(operand) }
        : { key, target, operator, operand: Number(operand) },
    ),
    success: success.map(toOperation),
    failure: failure.map(toOperation),
  };
}

function toOperation(request: KvRequest): Operation {
  switch (request.kind) {
    case "range":
      return {
        kind: "range",
        key: request.key,
        ...(request.end === undefined ? {} : { rangeEnd: request.end }),
        ...(request.limit === undefined ? {} : { limit: request.limit }),
      };
    case "put":
      return {
        kind: "put",
        key: request.key,
        value: request.value,
        ...(request.lease === undefined ? {} : { lease: request.lease }),
      };
    case "delete":
      return {
        kind: "delete-range",
        key: request.key,
        ...(request.end === undefined ? {} : { rangeEnd: request.end }),
      };
    case "txn":
      return { kind: "txn", ...toTxn(request) };
  }
}

function toResult({ response }: ResponseOp): KvResult {
  switch (response?.$case) {
    case "responseRange":
      return { kind: "range", kvs: response.value.kvs.map(toRecord), count: response.value.count };
    case "responseDeleteRange":
      return { kind: "delete", deleted: response.value.deleted };
    case "responseTxn":
      return {
        kind: "txn",
        isSuccess: response.value.succeeded,
        results: response.value.responses.map(toResult),
      };
    default:
      return { kind: "put" };
  }
}

export function toRecord({ key, value, createRevision, modRevision, version }: KeyValue): KvRecord {
  return { key: key.toString(), value: value.toString(), createRevision, modRevision, version };
}
