import assert from "node:assert/strict";
import { isCallExpression, isIdentifier, isPropertyAccessExpression, type Node } from "typescript/unstable/ast";
import { place, type Source, sourceAt, sources, walk } from "./sources.ts";

const BLOCKS = new Set(["describe", "context", "suite", "it", "specify", "test"]);
const SKIPPED_BLOCKS = new Set(["xdescribe", "xcontext", "xit", "xspecify"]);

const tests = sources.filter(({ path }) => path.endsWith(".test.ts"));

describe("the tests", () => {
  it("all run: none is singled out, skipped or still to be written; this.skip() may say what a machine lacks", () => {
    assert.ok(tests.length > 50);
    assert.deepEqual(sources.flatMap(leftOut), []);
  });

  it("can fail: each file asserts, or runs a suite that does", () => {
    const toothless = tests.filter(
      (source) => !asserts(source) && !source.imports.some(({ target }) => asserts(sourceAt.get(target ?? ""))),
    );
    assert.deepEqual(
      toothless.map(({ path }) => path),
      [],
    );
  });
});

function leftOut(source: Source): string[] {
  const found: string[] = [];
  walk(source.tree, (node) => {
    if (!isCallExpression(node)) return;
    const callee = node.expression;
    if (isPropertyAccessExpression(callee) && isIdentifier(callee.expression)) {
      const call = `${callee.expression.text}.${callee.name.text}`;
      if (BLOCKS.has(callee.expression.text) && /^(only|skip)$/.test(callee.name.text))
        found.push(`${place(source, node)} ${call}`);
    } else if (isIdentifier(callee) && source.path.endsWith(".test.ts")) {
      const isPending = BLOCKS.has(callee.text) && node.arguments.length < 2;
      if (SKIPPED_BLOCKS.has(callee.text) || isPending) found.push(`${place(source, node)} ${callee.text}`);
    }
  });
  return found;
}

/** Whether a file calls `assert` or one of its members, and means Node's strict one: the others take "1" for 1. */
function asserts(source: Source | undefined): boolean {
  if (!source?.imports.some(({ specifier }) => specifier === "node:assert/strict")) return false;
  let isFound = false;
  walk(source.tree, (node) => {
    if (isCallExpression(node)) isFound ||= isAssert(node.expression);
  });
  return isFound;
}

function isAssert(callee: Node): boolean {
  const subject = isPropertyAccessExpression(callee) ? callee.expression : callee;
  return isIdentifier(subject) && subject.text === "assert";
}
