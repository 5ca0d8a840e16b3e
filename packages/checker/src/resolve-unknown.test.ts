import assert from "node:assert/strict";
import {
  type ChangeEvent,
  checkLinearizable,
  checkPastReads,
  createKvModel,
  type KvOperation,
  RevisionHistory,
  resolveUnknown,
  unattributed,
} from "./index.ts";

const put = (key: string, value: string, revision: number, version = 1): ChangeEvent => ({
  type: "put",
  record: { key, value, createRevision: revision - version + 1, modRevision: revision, version },
});
const gone = (key: string, revision: number): ChangeEvent => ({
  type: "delete",
  record: { key, value: "", createRevision: 0, modRevision: revision, version: 0 },
});

function historyOf(...revisions: ChangeEvent[][]): RevisionHistory {
  const history = new RevisionHistory();
  for (const events of revisions) history.add(events[0]?.record.modRevision as number, events);
  return history;
}

const operation = (id: number, value: string, revision?: number): KvOperation => ({
  id,
  client: "c",
  request: { kind: "put", key: "k", value },
  calledMs: id * 10,
  outcome: revision
    ? { kind: "returned", atMs: id * 10 + 5, response: { revision, result: { kind: "put" } } }
    : { kind: "unknown" },
});

describe("resolveUnknown", () => {
  it("finds when a write took effect, and leaves out the one that never did", () => {
    const history = historyOf([put("k", "a", 2)], [put("k", "b", 3, 2)]);
    const resolved = resolveUnknown([operation(0, "a"), operation(1, "x"), operation(2, "b", 3)], history);
    assert.deepEqual(
      resolved.map(({ id, outcome }) => [id, outcome.kind === "unknown" ? outcome.revision : "returned"]),
      [
        [0, 2],
        [2, "returned"],
      ],
    );
    assert.equal(checkLinearizable(createKvModel(resolved), resolved).kind, "linearizable");
  });

  it("takes either of two attempts at the same write for the one that took effect", () => {
    const history = historyOf([put("k", "a", 2)]);
    const get: KvOperation = {
      ...operation(1, ""),
      request: { kind: "range", key: "k" },
      outcome: {
        kind: "returned",
        atMs: 15,
        response: { revision: 2, result: { kind: "range", kvs: [put("k", "a", 2).record], count: 1 } },
      },
    };
    const resolved = resolveUnknown([operation(0, "a"), get, { ...operation(2, "a"), id: 2 }], history);
    assert.equal(resolved.length, 3);
    assert.equal(checkLinearizable(createKvModel(resolved), resolved).kind, "linearizable");
  });

  it("does not let a write take effect before it was asked for", () => {
    const history = historyOf([put("k", "b", 2)], [put("k", "a", 3, 2)]);
    const early = resolveUnknown([operation(0, "a", 3), operation(5, "b")], history);
    assert.equal(checkLinearizable(createKvModel(early), early).kind, "violation");
  });
});

describe("unattributed", () => {
  it("explains the end of a lease's keys, and of no others", () => {
    const history = historyOf([put("k", "a", 2)], [gone("k", 3)], [put("k", "b", 4)]);
    const told = [operation(0, "a", 2), operation(1, "b", 4)];
    const whole = [...told, ...unattributed(told, history, (key) => key === "k")];
    assert.equal(checkLinearizable(createKvModel(whole), whole).kind, "linearizable");
    assert.deepEqual(
      unattributed(told, history, () => false),
      [],
    );
    assert.equal(checkLinearizable(createKvModel(told), told).kind, "violation");
  });
});

describe("checkPastReads", () => {
  const history = historyOf([put("k", "a", 2)], [put("m", "b", 3)], [gone("k", 4)]);
  const read = (id: number, revision: number, ...events: ChangeEvent[]) => ({
    id,
    key: "a",
    end: "z",
    revision,
    response: {
      revision,
      result: { kind: "range", kvs: events.map(({ record }) => record), count: events.length },
    } as const,
  });

  it("accepts states as they were, in whatever order they were asked for", () => {
    assert.equal(
      checkPastReads(
        [read(0, 3, put("k", "a", 2), put("m", "b", 3)), read(1, 1), read(2, 4, put("m", "b", 3))],
        history,
      ),
      undefined,
    );
  });

  it("refuses what no revision showed", () => {
    assert.equal(checkPastReads([read(0, 2, put("k", "a", 2)), read(1, 3, put("k", "a", 2))], history)?.offender, 1);
    assert.equal(checkPastReads([read(0, 9)], history)?.offender, 0);
  });
});
