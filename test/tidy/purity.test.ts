import assert from "node:assert/strict";
import {
  isIdentifier,
  isPropertyAccessExpression,
  isPropertyAssignment,
  type Node,
  SyntaxKind,
} from "typescript/unstable/ast";
import { place, type Source, sources, walk } from "./sources.ts";

/** Inputs in, effects out: the same input gives the same output, on any machine, at any time. */
const PURE = [
  "packages/base/",
  "packages/raft/",
  "packages/mvcc/",
  "packages/bbolt/",
  "packages/checker/",
  "packages/apimachinery/",
  "packages/cel/",
  "packages/resource-usage/",
];

/** Packages of others that pure ones may import: they compute and do nothing else. */
const PURE_LIBRARIES: ReadonlySet<string> = new Set(["@drydock/base", "@drydock/apimachinery", "re2js"]);

const BANNED_GLOBALS = new Set([
  "Buffer",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "global",
  "globalThis",
  "performance",
  "process",
  "queueMicrotask",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);
const BANNED_MEMBERS = new Set(["Date.now", "Math.random"]);

const pureSources = sources.filter(
  ({ path }) => PURE.some((directory) => path.startsWith(directory)) && !path.endsWith(".test.ts"),
);

describe("pure packages", () => {
  it("import only each other and themselves, and others' types, which vanish", () => {
    assert.ok(pureSources.length > 20);
    const broken = pureSources.flatMap(({ path, imports }) =>
      imports
        .filter(
          ({ isTypeOnly, specifier }) => !isTypeOnly && !specifier.startsWith(".") && !PURE_LIBRARIES.has(specifier),
        )
        .map(({ specifier, line }) => `${path}:${line} imports ${specifier}`),
    );
    assert.deepEqual(broken, []);
  });

  it("know no clock, no chance, no process, and no Node", () => {
    assert.deepEqual(pureSources.flatMap(impurities), []);
  });
});

function impurities(source: Source): string[] {
  const found: string[] = [];
  // Names of members and of properties in literals are not references to globals.
  const notReferences = new Set<Node>();
  walk(source.tree, (node) => {
    if (isPropertyAccessExpression(node)) {
      notReferences.add(node.name);
      const text = isIdentifier(node.expression) ? `${node.expression.text}.${node.name.text}` : "";
      if (BANNED_MEMBERS.has(text)) found.push(`${place(source, node)} uses ${text}`);
    } else if (isPropertyAssignment(node)) {
      notReferences.add(node.name);
    } else if (isIdentifier(node) && BANNED_GLOBALS.has(node.text) && !notReferences.has(node)) {
      found.push(`${place(source, node)} uses ${node.text}`);
    } else if (isNewDateWithoutTime(node)) {
      found.push(`${place(source, node)} asks for the time with new Date()`);
    }
  });
  return found;
}

function isNewDateWithoutTime(node: Node): boolean {
  if (node.kind !== SyntaxKind.NewExpression) return false;
  const { expression, arguments: args } = node as Node & { expression: Node; arguments?: readonly Node[] };
  return isIdentifier(expression) && expression.text === "Date" && (args?.length ?? 0) === 0;
}
