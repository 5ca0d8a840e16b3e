import assert from "node:assert/strict";
import { workspaceOf, workspaces } from "./repository.ts";
import { sourceAt, sources } from "./sources.ts";

/**
 * Who may import whom. A row may name only rows above it, so the table itself cannot have a cycle; whatever is not named is forbidden.
 * Rows marked pure know no I/O, no timers and no process (purity.test.ts).
 */
const LAYERS: readonly (readonly [directory: string, mayImport: readonly string[]])[] = [
  ["proto", []],
  ["packages/base", []], // pure
  ["packages/raft", ["base"]], // pure
  ["packages/mvcc", ["base"]], // pure
  ["packages/bbolt", ["base"]], // pure
  ["packages/checker", ["base"]], // pure
  ["packages/apimachinery", ["base"]], // pure
  ["packages/cel", ["apimachinery"]], // pure
  ["packages/kube-api", ["apimachinery"]],
  ["packages/resource-usage", ["apimachinery", "kube-api"]], // pure
  ["packages/wire", ["proto"]],
  ["packages/streams", []],
  ["packages/pki", []],
  ["packages/http2", ["base", "pki"]],
  ["packages/component", ["base"]],
  ["packages/etcd-client", ["base", "http2", "proto"]],
  ["packages/client", ["apimachinery", "base", "component", "kube-api", "pki", "proto", "wire"]],
  ["packages/cli", ["component", "pki"]],
  ["services/etcd-node", ["base", "bbolt", "component", "http2", "mvcc", "pki", "proto", "raft", "wire"]],
  [
    "services/apiserver",
    [
      "apimachinery",
      "base",
      "cel",
      "component",
      "etcd-client",
      "kube-api",
      "pki",
      "proto",
      "resource-usage",
      "streams",
      "wire",
    ],
  ],
  ["services/scheduler", ["apimachinery", "base", "client", "component", "kube-api", "pki"]],
  ["services/controller-manager", ["apimachinery", "base", "client", "component", "kube-api", "pki", "resource-usage"]],
  ["services/kubelet", ["apimachinery", "base", "client", "component", "http2", "kube-api", "pki", "proto", "streams"]],
  ["services/kube-proxy", ["apimachinery", "base", "client", "component", "kube-api", "pki"]],
  [
    "test",
    [
      "apimachinery",
      "base",
      "bbolt",
      "checker",
      "client",
      "component",
      "etcd-client",
      "kube-api",
      "mvcc",
      "pki",
      "proto",
      "raft",
      "wire",
    ],
  ],
  ["bench", ["apimachinery", "base", "client", "component", "etcd-client", "http2", "kube-api", "pki", "proto"]],
];

const shortName = (directory: string) => directory.replace(/^(packages|services)\//, "");

describe("layers", () => {
  it("has a row for every workspace, and none for what is gone", () => {
    const rows = LAYERS.map(([directory]) => directory).sort();
    assert.deepEqual(rows, workspaces.map(({ directory }) => directory).sort());
  });

  it("is a table without cycles: a row names only rows above it, and no service", () => {
    const above = new Set<string>();
    for (const [directory, mayImport] of LAYERS) {
      for (const name of mayImport) assert.ok(above.has(name), `${directory} may not import ${name}`);
      if (!directory.startsWith("services/")) above.add(shortName(directory));
    }
  });

  it("is kept: nobody imports what its row does not name", () => {
    const allowed = new Map(LAYERS.map(([directory, mayImport]) => [directory, new Set(mayImport)]));
    const broken = sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, line }) => {
        const to = /^@drydock\/([^/]+)/.exec(specifier)?.[1];
        const from = workspaceOf(path)?.directory ?? "";
        return to === undefined || allowed.get(from)?.has(to) ? [] : [`${path}:${line} imports ${specifier}`];
      }),
    );
    assert.deepEqual(broken, []);
  });

  it("has no back doors: relative imports stay in their workspace, packages are imported by name alone", () => {
    const broken = sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, target, line }) => {
        const isRelative = specifier.startsWith(".");
        const leaves = isRelative && workspaceOf(target ?? "") !== workspaceOf(path);
        const reachesIn = /^@drydock\/(?!proto\/)[^/]+\//.test(specifier);
        return leaves || reachesIn ? [`${path}:${line} imports ${specifier}`] : [];
      }),
    );
    assert.deepEqual(broken, []);
  });

  it("has no import cycles between files", () => {
    assert.deepEqual(findCycles(), []);
  });
});

/** Cycles of imports that are there at run time; those of types alone vanish with the types. */
function findCycles(): string[] {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
      return;
    }
    state.set(path, "open");
    for (const { target, isTypeOnly } of sourceAt.get(path)?.imports ?? [])
      if (target && !isTypeOnly) visit(target, [...trail, path]);
    state.set(path, "done");
  };
  for (const { path } of sources) visit(path, []);
  return cycles;
}
