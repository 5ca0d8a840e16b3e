import assert from "node:assert/strict";
import { MemoryBackend, Store } from "@drydock/mvcc";
import {
  type Compare,
  Compare_CompareResult as Result,
  Compare_CompareTarget as Target,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { holds } from "./compare.ts";

const NOTHING = Buffer.alloc(0);

/** `a` twice written with the value 2, `b` once with 5 under lease 7. */
function store(): Store {
  const all = new Store(new MemoryBackend());
  for (const [key, value, lease] of [
    ["a", "1", "0"],
    ["a", "2", "0"],
    ["b", "5", "7"],
  ] as const)
    all.write((txn) => txn.put(key, Buffer.from(value), lease));
  return all;
}

const compare = (key: string, part: Partial<Compare>): Compare => ({
  result: Result.EQUAL,
  target: Target.VERSION,
  targetUnion: undefined,
  rangeEnd: NOTHING,
  ...part,
  key: Buffer.from(key),
});
const version = (value: number): Compare["targetUnion"] => ({ $case: "version", value });
const value = (text: string): Compare["targetUnion"] => ({ $case: "value", value: Buffer.from(text) });

const TABLE: readonly [what: string, compare: Compare, holds: boolean][] = [
  ["a version", compare("a", { targetUnion: version(2) }), true],
  ["a value", compare("a", { target: Target.VALUE, targetUnion: value("2") }), true],
  [
    "the revision it was created at",
    compare("a", { target: Target.CREATE, targetUnion: { $case: "createRevision", value: 2 } }),
    true,
  ],
  ["a lease", compare("b", { target: Target.LEASE, targetUnion: { $case: "lease", value: "7" } }), true],
  ["what is meant for another target, which counts as zero", compare("a", { targetUnion: value("2") }), false],
  ["a number where a value is meant", compare("a", { target: Target.VALUE, targetUnion: version(2) }), false],
  ["a target that is none", compare("a", { target: 9 as Target, targetUnion: version(2) }), true],
  ["a result that is none", compare("a", { result: 9 as Result, targetUnion: version(7) }), true],
  ["a key that is not there", compare("none", { targetUnion: version(0) }), true],
  [
    "the value of a key that is not there",
    compare("none", { target: Target.VALUE, result: Result.NOT_EQUAL, targetUnion: value("x") }),
    false,
  ],
  [
    "every key of a range",
    compare("a", { rangeEnd: Buffer.from("c"), result: Result.GREATER, targetUnion: version(0) }),
    true,
  ],
  ["one key of a range alone", compare("a", { rangeEnd: Buffer.from("c"), targetUnion: version(2) }), false],
];

describe("comparisons of a transaction", () => {
  for (const [what, each, expected] of TABLE)
    it(`${expected ? "hold" : "do not hold"} for ${what}`, () => {
      assert.equal(
        store().write((txn) => holds(txn, each)),
        expected,
      );
    });
});
