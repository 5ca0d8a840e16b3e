import assert from "node:assert/strict";
import {
  isClassDeclaration,
  isExportDeclaration,
  isFunctionDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isNamedExports,
  isTypeAliasDeclaration,
  isVariableStatement,
  type Node,
  SyntaxKind,
} from "typescript/unstable/ast";
import { place, type Source, sourceAt, sources } from "./sources.ts";

/**
 * A package's index.ts is its surface: what it offers may wait for its first user if its own package uses it, and a catalogue offered whole
 * (`export *`) may hold more than is used. Types, and classes are types, may be exported for the signatures they stand in.
 */
describe("exports", () => {
  it("are imported by somebody: what only its own file uses is not exported, what nobody uses is gone", () => {
    const used = usedExports();
    const dead = sources
      .filter(({ path }) => !path.endsWith("/src/index.ts") && !isCatalogue(path))
      .flatMap((source) =>
        exportsOf(source)
          .filter(({ name }) => !used.has(`${source.path} ${name}`))
          .filter(({ name, isType }) => !isType || mentions(source, name) < 2)
          .map(({ name, node }) => `${place(source, node)} ${name}`),
      );
    assert.ok(used.size > 500);
    assert.deepEqual(dead, []);
  });
});

interface Exported {
  readonly name: string;
  readonly node: Node;
  readonly isType: boolean;
}

function isCatalogue(path: string): boolean {
  const index = sourceAt.get(path.replace(/\/src\/.*$/, "/src/index.ts"));
  return index?.imports.some(({ target, names }) => target === path && names.includes("*")) ?? false;
}

/** `path name` of everything that some other file imports, through however many re-exports. */
function usedExports(): ReadonlySet<string> {
  const used = new Set<string>();
  const use = (path: string, name: string): void => {
    const key = `${path} ${name}`;
    if (used.has(key)) return;
    used.add(key);
    const source = sourceAt.get(path);
    if (name === "*") for (const exported of source ? exportsOf(source) : []) use(path, exported.name);
    for (const { target, names, isReExport } of source?.imports ?? [])
      if (isReExport && target && (name === "*" || names.includes(name) || names.includes("*"))) use(target, name);
  };
  for (const { imports } of sources)
    for (const { target, names, isReExport } of imports)
      if (target && !isReExport) for (const name of names) use(target, name);
  return used;
}

function exportsOf({ tree }: Source): Exported[] {
  const found: Exported[] = [];
  tree.forEachChild((node) => {
    if (isExportDeclaration(node)) {
      const clause = node.exportClause;
      if (clause && isNamedExports(clause))
        for (const element of clause.elements) found.push({ name: element.name.text, node: element, isType: false });
      return;
    }
    const { modifiers } = node as Node & { modifiers?: readonly Node[] };
    if (!modifiers?.some(({ kind }) => kind === SyntaxKind.ExportKeyword)) return;
    if (isVariableStatement(node)) {
      for (const { name } of node.declarationList.declarations)
        if (isIdentifier(name)) found.push({ name: name.text, node, isType: false });
    } else if (isInterfaceDeclaration(node) || isTypeAliasDeclaration(node) || isClassDeclaration(node)) {
      if (node.name) found.push({ name: node.name.text, node, isType: true });
    } else if (isFunctionDeclaration(node) && node.name) {
      found.push({ name: node.name.text, node, isType: false });
    }
  });
  return found;
}

function mentions({ text }: Source, name: string): number {
  return [...text.matchAll(new RegExp(`\\b${name}\\b`, "g"))].length;
}
