import { posix } from "node:path";
import {
  isExportDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isNamedExports,
  isNamedImports,
  isNamespaceImport,
  isStringLiteral,
  type Node,
  type SourceFile,
  SyntaxKind,
} from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";
import { files, root, workspaces } from "./repository.ts";

/** Every TypeScript file of ours, parsed once by the compiler itself. */

export interface Import {
  readonly specifier: string;
  /** Path of the file it stands for, relative to the root, when that is one of ours. */
  readonly target: string | undefined;
  /** Imported (or re-exported) names; `*` for all. */
  readonly names: readonly string[];
  readonly isReExport: boolean;
  /** Gone when the types are. */
  readonly isTypeOnly: boolean;
  readonly line: number;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: SourceFile;
  readonly lines: number;
  readonly imports: readonly Import[];
}

const api = new API({ cwd: root });
const project = api.updateSnapshot({ openProject: posix.join(root, "tsconfig.json") }).getProjects()[0];

export const sources: readonly Source[] = files
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const tree = project?.program.getSourceFile(posix.join(root, path));
    if (!tree) throw new Error(`${path} is not in tsconfig.json's "include": nothing checks its types`);
    const text = tree.text;
    return { path, text, tree, lines: text.split("\n").length - 1, imports: importsOf(path, tree) };
  });
api.close();

export const sourceAt: ReadonlyMap<string, Source> = new Map(sources.map((source) => [source.path, source]));

export function isTest({ path }: Source): boolean {
  return path.endsWith(".test.ts") || path.startsWith("test/");
}

/** The lines of a file on which a node begins and ends. */
export function linesOf(tree: SourceFile, node: Node): { first: number; last: number } {
  const line = (position: number) => tree.text.slice(0, position).split("\n").length;
  return { first: line(node.getStart(tree)), last: line(node.end) };
}

/** Calls `visit` for every node, outer ones first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  node.forEachChild((child) => {
    walk(child, visit);
  });
}

/** `path:line`, which terminals turn into a link. */
export function place(source: Source, node: Node): string {
  return `${source.path}:${linesOf(source.tree, node).first}`;
}

function importsOf(path: string, tree: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, names: readonly string[], node: Node, isTypeOnly: boolean, isReExport = false) => {
    const line = linesOf(tree, node).first;
    found.push({ specifier, target: targetOf(path, specifier), names, isReExport, isTypeOnly, line });
  };
  walk(tree, (node) => {
    if (isImportDeclaration(node) && isStringLiteral(node.moduleSpecifier)) {
      const { importClause } = node;
      const bindings = importClause?.namedBindings;
      const named = bindings && isNamedImports(bindings) ? bindings.elements : [];
      const names = named.map((element) => (element.propertyName ?? element.name).text);
      if (importClause?.name) names.push("default");
      if (bindings && isNamespaceImport(bindings)) names.push("*");
      const isTypeOnly =
        importClause?.phaseModifier === SyntaxKind.TypeKeyword ||
        (names.length > 0 && names.length === named.length && named.every((element) => element.isTypeOnly));
      add(node.moduleSpecifier.text, names, node, isTypeOnly);
    } else if (isExportDeclaration(node) && node.moduleSpecifier && isStringLiteral(node.moduleSpecifier)) {
      const { exportClause } = node;
      const names =
        exportClause && isNamedExports(exportClause)
          ? exportClause.elements.map((element) => (element.propertyName ?? element.name).text)
          : ["*"];
      add(node.moduleSpecifier.text, names, node, node.isTypeOnly, true);
    } else if (isImportTypeNode(node) && isLiteralTypeNode(node.argument) && isStringLiteral(node.argument.literal)) {
      const name = node.qualifier && isIdentifier(node.qualifier) ? node.qualifier.text : "*";
      add(node.argument.literal.text, [name], node, true);
    } else if (node.kind === SyntaxKind.CallExpression) {
      const call = node as Node & { expression: Node; arguments: readonly Node[] };
      const [first] = call.arguments;
      if (call.expression.kind === SyntaxKind.ImportKeyword && first && isStringLiteral(first))
        add(first.text, ["*"], node, false);
    }
  });
  return found;
}

function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.normalize(posix.join(posix.dirname(from), specifier));
  const workspace = workspaces.find(({ name }) => name === specifier);
  return workspace && `${workspace.directory}/src/index.ts`;
}
