import assert from "node:assert/strict";
import { SyntaxKind } from "typescript/unstable/ast";
import { isTest, linesOf, place, sources, walk } from "./sources.ts";

const FILE_LINES_MAX = 450;
const FUNCTION_LINES_MAX = 100;

/** What the style has no use for, and what to write instead. */
const BANNED = new Map<SyntaxKind, string>([
  [SyntaxKind.AnyKeyword, "any: say unknown and narrow it"],
  [SyntaxKind.EnumDeclaration, "enum: a union of literals is erasable"],
  [SyntaxKind.ModuleDeclaration, "namespace: files are modules"],
  [SyntaxKind.ExportAssignment, "default export: names make imports searchable"],
  [SyntaxKind.DefaultKeyword, "default export: names make imports searchable"],
  [SyntaxKind.DebuggerStatement, "debugger"],
]);

const FUNCTIONS = new Set<SyntaxKind>([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
]);

describe("the language", () => {
  it("is used without any, enum, namespace and default exports", () => {
    const found: string[] = [];
    for (const source of sources) {
      walk(source.tree, (node) => {
        const name = BANNED.get(node.kind);
        if (name !== undefined) found.push(`${place(source, node)} ${name}`);
      });
    }
    assert.deepEqual(found, []);
  });

  it("is checked everywhere: no directive silences the compiler, and the linter only with a reason", () => {
    const directive = /@ts-(ignore|nocheck|expect-error)|biome-ignore(?! [^:]+: \S)/;
    const found = sources.flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, index) => (/\/[/*]/.test(line) && directive.test(line) ? [`${path}:${index + 1}`] : [])),
    );
    assert.deepEqual(found, []);
  });

  it(`comes in files of at most ${FILE_LINES_MAX} lines`, () => {
    const giants = sources.filter(({ lines }) => lines > FILE_LINES_MAX);
    assert.deepEqual(
      giants.map(({ path, lines }) => `${path}: ${lines}`),
      [],
    );
  });

  it(`comes in functions of at most ${FUNCTION_LINES_MAX} lines`, () => {
    const giants: string[] = [];
    for (const source of sources.filter((each) => !isTest(each))) {
      walk(source.tree, (node) => {
        if (!FUNCTIONS.has(node.kind)) return;
        const { first, last } = linesOf(source.tree, node);
        const lines = last - first + 1;
        if (lines > FUNCTION_LINES_MAX) giants.push(`${place(source, node)}: ${lines} lines`);
      });
    }
    assert.deepEqual(giants, []);
  });
});
