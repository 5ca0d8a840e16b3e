import assert from "node:assert/strict";
import { type ChangeEvent, checkWatch, RevisionHistory, type WatchHistory, type WatchResponse } from "./index.ts";

const event = (key: string, revision: number, type: "put" | "delete" = "put"): ChangeEvent => ({
  type,
  record: { key, value: type === "put" ? `v${revision}` : "", createRevision: 0, modRevision: revision, version: 1 },
});

/** Revision 4 changes two keys of the range at once; 5 changes a key outside it. */
const happened: readonly ChangeEvent[][] = [
  [event("a1", 2)],
  [event("a2", 3)],
  [event("a1", 4), event("a3", 4)],
  [event("b", 5)],
  [event("a2", 6, "delete")],
  [event("a1", 7)],
];

function reference(): RevisionHistory {
  const history = new RevisionHistory();
  for (const events of happened) history.add(events[0]?.record.modRevision as number, events);
  return history;
}

const batch = (...events: ChangeEvent[]): WatchResponse => ({
  revision: events.at(-1)?.record.modRevision as number,
  events,
  isProgress: false,
});
const progress = (revision: number): WatchResponse => ({ revision, events: [], isProgress: true });
const watch = (startRevision: number, responses: WatchResponse[]): WatchHistory => ({
  name: "w",
  key: "a",
  end: "b",
  startRevision,
  responses,
});
const [two, three, four, six, seven] = [0, 1, 2, 4, 5].map((index) => happened[index] as ChangeEvent[]);

const good: Record<string, WatchHistory> = {
  "everything, one revision a response": watch(2, [batch(...two!), batch(...three!), batch(...four!), batch(...six!)]),
  "everything in one response": watch(2, [batch(...two!, ...three!, ...four!, ...six!, ...seven!)]),
  "from the middle on, with progress": watch(4, [
    progress(3),
    batch(...four!),
    progress(5),
    batch(...six!),
    progress(6),
  ]),
  "nothing yet": watch(8, []),
};

const bad: Record<string, { watch: WatchHistory; check: string; response: number }> = {
  "out of order": { watch: watch(3, [batch(...four!), batch(...three!)]), check: "watch-reliable", response: 0 },
  "swapped in one response": { watch: watch(6, [batch(...seven!, ...six!)]), check: "watch-reliable", response: 0 },
  "an older event behind a newer": {
    watch: watch(2, [batch(...two!), batch(...three!), batch(...four!), batch(event("a9", 3))]),
    check: "watch-ordered",
    response: 3,
  },
  repeated: { watch: watch(2, [batch(...two!), batch(...three!), batch(...two!)]), check: "watch-unique", response: 2 },
  "repeated at once": { watch: watch(2, [batch(...two!, ...two!)]), check: "watch-unique", response: 0 },
  "a gap": { watch: watch(2, [batch(...two!), batch(...four!)]), check: "watch-reliable", response: 1 },
  "a gap at the start": { watch: watch(2, [batch(...three!)]), check: "watch-reliable", response: 0 },
  "an event that never was": { watch: watch(5, [batch(event("a1", 5))]), check: "watch-reliable", response: 0 },
  "one of two events": { watch: watch(4, [batch(four![0]!), batch(...six!)]), check: "watch-atomic", response: 0 },
  "a revision in two responses": {
    watch: watch(4, [batch(four![0]!), batch(four![1]!)]),
    check: "watch-atomic",
    response: 0,
  },
  "older than asked for": { watch: watch(3, [batch(...two!)]), check: "watch-resumable", response: 0 },
  "progress too early": { watch: watch(2, [batch(...two!), progress(4)]), check: "watch-bookmarkable", response: 1 },
  "an event behind progress": {
    watch: watch(2, [batch(...two!, ...three!), progress(5), batch(...four!)]),
    check: "watch-bookmarkable",
    response: 1,
  },
};

describe("checkWatch", () => {
  for (const [name, history] of Object.entries(good)) {
    it(`accepts: ${name}`, () => {
      assert.equal(checkWatch(history, reference()), undefined);
    });
  }

  for (const [name, { watch: history, check, response }] of Object.entries(bad)) {
    it(`refuses: ${name}`, () => {
      const violation = checkWatch(history, reference());
      assert.deepEqual(
        [violation?.check, violation?.offender],
        [check, `w response ${response}`],
        JSON.stringify(violation),
      );
    });
  }
});

describe("RevisionHistory", () => {
  it("refuses two stories of one revision and names what it lacks", () => {
    const history = reference();
    assert.equal(history.add(3, three!), true);
    assert.equal(history.add(3, [event("a2", 3, "delete")]), false);
    assert.equal(history.firstGap(), undefined);
    history.add(9, [event("a1", 9)]);
    assert.equal(history.firstGap(), 8);
  });
});
