import {
  isArrayLiteralExpression,
  isCallExpression,
  isIdentifier,
  isNumericLiteral,
  isObjectLiteralExpression,
  isPropertyAssignment,
  isStringLiteral,
  type Node,
  SyntaxKind,
} from "typescript/unstable/ast";

/** What the tests read out of declarations: literals, as far as they are literal. */
export type Literal = string | number | boolean | readonly Literal[] | { readonly [key: string]: Literal } | Unknown;

/** Anything that must be run to be known. */
export interface Unknown {
  readonly isUnknown: true;
}

const UNKNOWN: Unknown = { isUnknown: true };

export function literalOf(node: Node | undefined): Literal {
  if (!node) return UNKNOWN;
  if (isStringLiteral(node)) return node.text;
  if (isNumericLiteral(node)) return Number(node.text.replaceAll("_", ""));
  if (node.kind === SyntaxKind.TrueKeyword) return true;
  if (node.kind === SyntaxKind.FalseKeyword) return false;
  if (isArrayLiteralExpression(node)) return node.elements.map((element) => literalOf(element));
  if (isObjectLiteralExpression(node))
    return Object.fromEntries(propertiesOf(node).map(([name, value]) => [name, literalOf(value)]));
  return UNKNOWN;
}

/** Properties of an object literal that are written out, in order. */
export function propertiesOf(node: Node | undefined): [name: string, value: Node][] {
  if (!node || !isObjectLiteralExpression(node)) return [];
  return node.properties.flatMap((property): [string, Node][] => {
    if (!isPropertyAssignment(property)) return [];
    const { name, initializer } = property;
    return isIdentifier(name) || isStringLiteral(name) ? [[name.text, initializer]] : [];
  });
}

/** The name of the function that a call calls, and its arguments. */
export function callOf(node: Node): { readonly name: string; readonly args: readonly Node[] } | undefined {
  if (!isCallExpression(node) || !isIdentifier(node.expression)) return undefined;
  return { name: node.expression.text, args: node.arguments };
}
