import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import {
  checkLinearizable,
  checkParts,
  createKvModel,
  createRegisterModel,
  EMPTY_STATE,
  evaluate,
  type KvOperation,
  type KvRequest,
  type KvResult,
  partitionByKey,
} from "./index.ts";

const put = (key: string, value: string): KvRequest => ({ kind: "put", key, value });
const get = (key: string): KvRequest => ({ kind: "range", key });
const cas = (key: string, mod: number, value: string): KvRequest => ({
  kind: "txn",
  compare: [{ key, target: "mod", operator: "=", operand: mod }],
  success: [put(key, value)],
  failure: [get(key)],
});
const found = (key: string, value: string, mod: number, create = mod, version = 1): KvResult => ({
  kind: "range",
  kvs: [{ key, value, modRevision: mod, createRevision: create, version }],
  count: 1,
});
const NOTHING: KvResult = { kind: "range", kvs: [], count: 0 };
const OK: KvResult = { kind: "put" };

/** `answer` undefined: the client was told nothing. */
type Row = [calledMs: number, returnedMs: number, request: KvRequest, answer?: [result: KvResult, revision: number]];

const history = (rows: readonly Row[]): KvOperation[] =>
  rows.map(([calledMs, atMs, request, answer], id) => ({
    id,
    client: `c${id}`,
    request,
    calledMs,
    outcome: answer
      ? { kind: "returned", atMs, response: { result: answer[0], revision: answer[1] } }
      : { kind: "unknown" },
  }));

const check = (operations: readonly KvOperation[]) => checkLinearizable(createKvModel(operations), operations);

const good: Record<string, Row[]> = {
  "one after the other": [
    [0, 1, put("k", "a"), [OK, 2]],
    [2, 3, get("k"), [found("k", "a", 2), 2]],
    [4, 5, { kind: "delete", key: "k" }, [{ kind: "delete", deleted: 1 }, 3]],
    [6, 7, get("k"), [NOTHING, 3]],
  ],
  "a read beside a write may see either": [
    [0, 1, put("k", "a"), [OK, 2]],
    [2, 9, put("k", "b"), [OK, 3]],
    [3, 4, get("k"), [found("k", "a", 2), 2]],
    [5, 6, get("k"), [found("k", "b", 3, 2, 2), 3]],
  ],
  "a write without an answer takes effect late": [
    [0, 1, put("k", "lost")],
    [2, 3, put("k", "a"), [OK, 2]],
    [4, 5, get("k"), [found("k", "a", 2), 2]],
    [6, 7, get("k"), [found("k", "lost", 3, 2, 2), 3]],
  ],
  "a write without an answer never takes effect": [
    [0, 1, put("k", "lost")],
    [2, 3, put("k", "a"), [OK, 2]],
    [4, 5, put("k", "b"), [OK, 3]],
  ],
  "a transaction that fails shows why": [
    [0, 1, put("k", "a"), [OK, 2]],
    [2, 3, cas("k", 2, "b"), [{ kind: "txn", isSuccess: true, results: [OK] }, 3]],
    [4, 5, cas("k", 2, "c"), [{ kind: "txn", isSuccess: false, results: [found("k", "b", 3, 2, 2)] }, 3]],
  ],
  "a range sees one moment": [
    [0, 1, put("a", "1"), [OK, 2]],
    [2, 3, put("b", "1"), [OK, 3]],
    [
      4,
      5,
      { kind: "range", key: "a", end: "c" },
      [
        {
          kind: "range",
          kvs: [
            { key: "a", value: "1", createRevision: 2, modRevision: 2, version: 1 },
            { key: "b", value: "1", createRevision: 3, modRevision: 3, version: 1 },
          ],
          count: 2,
        },
        3,
      ],
    ],
  ],
};

/** With the operation that breaks it. */
const bad: Record<string, { rows: Row[]; offender: number }> = {
  "a stale read": {
    rows: [
      [0, 1, put("k", "a"), [OK, 2]],
      [2, 3, put("k", "b"), [OK, 3]],
      [4, 5, get("k"), [found("k", "a", 2), 2]],
      [6, 7, get("k"), [found("k", "b", 3, 2, 2), 3]],
    ],
    offender: 2,
  },
  "an acknowledged write that is lost": {
    rows: [
      [0, 1, put("k", "a"), [OK, 2]],
      [2, 3, get("k"), [NOTHING, 1]],
    ],
    offender: 1,
  },
  "a write that happened twice": {
    rows: [
      [0, 1, put("k", "a"), [OK, 2]],
      [2, 3, put("k", "b"), [OK, 3]],
      [4, 5, get("k"), [found("k", "a", 4, 2, 3), 4]],
    ],
    offender: 2,
  },
  "a read that goes back": {
    rows: [
      [0, 1, put("k", "a"), [OK, 2]],
      [2, 20, put("k", "b")],
      [3, 4, get("k"), [found("k", "b", 3, 2, 2), 3]],
      [5, 6, get("k"), [found("k", "a", 2), 2]],
    ],
    offender: 3,
  },
  "two winners of one comparison": {
    rows: [
      [0, 1, put("k", "a"), [OK, 2]],
      [2, 9, cas("k", 2, "b"), [{ kind: "txn", isSuccess: true, results: [OK] }, 3]],
      [2, 10, cas("k", 2, "c"), [{ kind: "txn", isSuccess: true, results: [OK] }, 4]],
    ],
    offender: 2,
  },
  "a revision given twice": {
    rows: [
      [0, 9, put("a", "1"), [OK, 2]],
      [0, 9, put("b", "1"), [OK, 2]],
    ],
    offender: 1,
  },
  "the answer to a write tells a later revision than its own": {
    rows: [
      [0, 9, put("a", "1"), [OK, 3]],
      [0, 9, put("b", "1"), [OK, 3]],
    ],
    offender: 0,
  },
  "a value out of nowhere": {
    rows: [
      [0, 1, put("k", "a"), [OK, 2]],
      [2, 3, get("k"), [found("k", "z", 2), 2]],
    ],
    offender: 1,
  },
};

describe("checkLinearizable", () => {
  for (const [name, rows] of Object.entries(good)) {
    it(`accepts: ${name}`, () => {
      assert.equal(check(history(rows)).kind, "linearizable");
    });
  }

  for (const [name, { rows, offender }] of Object.entries(bad)) {
    it(`refuses: ${name}`, () => {
      const verdict = check(history(rows));
      assert.equal(verdict.kind === "violation" && verdict.violation.offender, offender, JSON.stringify(verdict));
    });
  }

  it("says that it does not know when its time is over", () => {
    const many = Array.from({ length: 400 }, (_, index): Row => [0, 1, put("k", `v${index}`)]);
    const operations = history([...many, [2, 3, get("k"), [found("k", "nobody's", 390), 390]]]);
    let asked = 0;
    assert.equal(checkLinearizable(createKvModel(operations), operations, () => ++asked > 3).kind, "unknown");
  });

  it("takes long random histories, and finds the one answer that was changed", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const operations = randomHistory(seed, 400);
      assert.equal(check(operations).kind, "linearizable", `seed ${seed}`);
      const wrong = withOldRead(operations);
      const verdict = check(wrong.operations);
      assert.equal(verdict.kind === "violation" && verdict.violation.offender, wrong.offender, `seed ${seed}`);
    }
  });

  it("takes ten thousand operations in good time", () => {
    const operations = randomHistory(7, 10_000);
    const verdict = check(operations);
    assert.equal(verdict.kind, "linearizable");
    assert.ok(verdict.steps < 2_000_000, `${verdict.steps} steps`);
  });
});

describe("the history of each key by itself", () => {
  it("agrees with the whole", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const operations = randomHistory(seed, 300);
      assert.equal(checkParts(createRegisterModel(), partitionByKey(operations)).kind, "linearizable", `seed ${seed}`);
      const wrong = withOldRead(operations);
      const verdict = checkParts(createRegisterModel(), partitionByKey(wrong.operations));
      assert.equal(verdict.kind, "violation", `seed ${seed}`);
    }
  });

  it("stays whole when operations touch several keys", () => {
    const range: KvRequest = { kind: "range", key: "a", end: "c" };
    assert.equal(
      partitionByKey(
        history([
          [0, 1, put("a", "1")],
          [0, 1, put("b", "1")],
        ]),
      ).length,
      2,
    );
    assert.equal(
      partitionByKey(
        history([
          [0, 1, put("a", "1")],
          [0, 1, range],
        ]),
      ).length,
      1,
    );
  });
});

/** Clients that overlap, on a store that takes each operation at one moment of its span and forgets some answers. */
function randomHistory(seed: number, count: number): KvOperation[] {
  const prng = createPrng(seed);
  let state = EMPTY_STATE;
  let nowMs = 0;
  return Array.from({ length: count }, (_, id) => {
    nowMs += 1 + prng.integer(3);
    const key = `k${prng.integer(3)}`;
    const mod = state.records.get(key)?.modRevision ?? 0;
    const requests = [put(key, `v${id}`), get(key), cas(key, mod, `v${id}`), { kind: "delete", key } as const];
    const request = requests[prng.integer(4)] as KvRequest;
    const isLost = prng.next() < 0.02;
    const span = { calledMs: nowMs - prng.integer(6), atMs: nowMs + prng.integer(6) };
    if (isLost && prng.next() < 0.5)
      return { id, client: "c", request, calledMs: span.calledMs, outcome: { kind: "unknown" } };
    const evaluated = evaluate(state, request);
    state = evaluated.state;
    const response = { revision: state.revision, result: evaluated.result };
    const outcome = isLost
      ? ({ kind: "unknown" } as const)
      : ({ kind: "returned", atMs: span.atMs, response } as const);
    return { id, client: "c", request, calledMs: span.calledMs, outcome };
  });
}

/** Makes the last read that found something find what was there before. */
function withOldRead(operations: readonly KvOperation[]): { operations: KvOperation[]; offender: number } {
  const isFind = ({ outcome }: KvOperation) =>
    outcome.kind === "returned" && outcome.response.result.kind === "range" && outcome.response.result.count === 1;
  const target = operations.findLast(isFind) as KvOperation;
  const changed = operations.map((operation): KvOperation => {
    const { outcome } = operation;
    if (operation !== target || outcome.kind !== "returned" || outcome.response.result.kind !== "range")
      return operation;
    const kvs = outcome.response.result.kvs.map((kv) => ({ ...kv, value: "old" }));
    const result = { ...outcome.response.result, kvs };
    return { ...operation, outcome: { ...outcome, response: { ...outcome.response, result } } };
  });
  return { operations: changed, offender: target.id };
}
