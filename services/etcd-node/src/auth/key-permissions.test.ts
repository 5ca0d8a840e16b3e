import assert from "node:assert/strict";
import type { KeyRange } from "@drydock/mvcc";
import { KeyPermissions } from "./key-permissions.ts";

const ALLOWED: readonly KeyRange[] = [
  { key: "a", end: "c" },
  { key: "b", end: "e" },
  { key: "e", end: "f" },
  { key: "k" },
  { key: "x", end: "\0" },
];

const TABLE: readonly [asked: KeyRange, isCovered: boolean][] = [
  [{ key: "a" }, true],
  [{ key: "dzz" }, true],
  [{ key: "f" }, false],
  [{ key: "a", end: "f" }, true],
  [{ key: "b", end: "e" }, true],
  [{ key: "a", end: "g" }, false],
  [{ key: "k" }, true],
  [{ key: "k", end: "k\0" }, true],
  [{ key: "k", end: "l" }, false],
  [{ key: "k0" }, false],
  [{ key: "x", end: "\0" }, true],
  [{ key: "y", end: "\0" }, true],
  [{ key: "a", end: "\0" }, false],
  [{ key: "zzz" }, true],
  // Nothing is asked for there; as with etcd it is where it begins that counts.
  [{ key: "c", end: "b" }, true],
  [{ key: "g", end: "b" }, false],
];

describe("key permissions", () => {
  it("cover what lies in their union, and nothing else", () => {
    const permissions = new KeyPermissions(ALLOWED);
    for (const [asked, isCovered] of TABLE) assert.equal(permissions.covers(asked), isCovered, JSON.stringify(asked));
    assert.equal(new KeyPermissions([]).covers({ key: "a" }), false);
  });
});
