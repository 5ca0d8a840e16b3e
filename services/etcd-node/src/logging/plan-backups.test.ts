import assert from "node:assert/strict";
import { backupName, parseBackups, planBackups } from "./plan-backups.ts";

const DAY_MS = 24 * 3600 * 1000;
const NOW_MS = Date.parse("2026-03-10T12:00:00.000Z");
const UTC = { isLocalTime: false };
const daysAgo = (days: number) => backupName("etcd.log", new Date(NOW_MS - days * DAY_MS), UTC);
const ALL = { maxBackups: 0, maxAge: 0, isCompressed: false, nowMs: NOW_MS };

describe("what was the log once", () => {
  it("is named by the time at which it no longer was", () => {
    assert.equal(daysAgo(1), "etcd-2026-03-09T12-00-00.000.log");
    assert.equal(backupName("log", new Date(NOW_MS), UTC), "log-2026-03-10T12-00-00.000");
    const [found] = parseBackups([backupName("log", new Date(NOW_MS), { isLocalTime: true })], "log", {
      isLocalTime: true,
    });
    assert.equal(found?.atMs, NOW_MS);
  });

  it("is told from other files, the newest first", () => {
    const names = ["etcd.log", daysAgo(3), `${daysAgo(1)}.gz`, "etcd-latest.log", "other-2026-03-09T12-00-00.000.log"];
    const found = parseBackups([...names, "etcd-2026-03-09T12-00-00.000.txt"], "etcd.log", UTC);
    assert.deepEqual(
      found.map(({ name }) => name),
      [`${daysAgo(1)}.gz`, daysAgo(3)],
    );
  });

  const plan = (names: readonly string[], rotation: Partial<typeof ALL>) => {
    const { remove, compress } = planBackups(parseBackups(names, "etcd.log", UTC), { ...ALL, ...rotation });
    return { remove: remove.map(({ name }) => name), compress: compress.map(({ name }) => name) };
  };
  const names = [1, 2, 3, 4].map(daysAgo);

  it("is kept without a limit", () => assert.deepEqual(plan(names, {}), { remove: [], compress: [] }));
  it("is removed when there is too much of it, or too old", () => {
    assert.deepEqual(plan(names, { maxBackups: 3 }).remove, [daysAgo(4)]);
    assert.deepEqual(plan(names, { maxAge: 2 }).remove, [daysAgo(3), daysAgo(4)]);
    assert.deepEqual(plan(names, { maxAge: 3, maxBackups: 1 }).remove, [daysAgo(2), daysAgo(3), daysAgo(4)]);
  });
  it("counts once while it is being compressed", () => {
    const twice = [...names, `${daysAgo(2)}.gz`];
    assert.deepEqual(plan(twice, { maxBackups: 2, isCompressed: true }), {
      remove: [daysAgo(3), daysAgo(4)],
      compress: [daysAgo(1), daysAgo(2)],
    });
  });
});
