import type { Issue } from "./issue.ts";
import { parseBytesLiteral, parseStringLiteral } from "./literals.ts";

export type Token =
  | { readonly kind: "int" | "uint" | "double"; readonly text: string; readonly offset: number }
  | { readonly kind: "string"; readonly text: string; readonly offset: number }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly offset: number }
  /** `isQuoted`: written between backticks, a field name only. */
  | { readonly kind: "ident"; readonly text: string; readonly isQuoted: boolean; readonly offset: number }
  | { readonly kind: "symbol"; readonly text: string; readonly offset: number }
  | { readonly kind: "end"; readonly text: string; readonly offset: number };

/** As it stands in the source. */
export interface Written {
  readonly written: string;
}

const blank = /(?:[\t\n\f\r ]+|\/\/[^\n]*)+/y;
const stringLiteral = /(?:[rR][bB]?|[bB][rR]?)?("""|'''|"|')/y;
const number = /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|\d+[uU]?/y;
const identifier = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const quotedIdentifier = /`([a-zA-Z0-9_.\-/ ]+)`/y;
const symbol = /&&|\|\||==|!=|<=|>=|[-+*/%!<>()[\]{}.,:?]/y;

export interface Words {
  /** With an end mark. */
  readonly tokens: readonly (Token & Written)[];
  /** What is no word, and was passed over. */
  readonly issues: readonly Issue[];
}

/** The words of an expression. Throws SyntaxIssue for literals that cannot be. */
export function tokenize(source: string): Words {
  const tokens: (Token & Written)[] = [];
  const issues: Issue[] = [];
  let offset = matchAt(blank, source, 0)?.[0].length ?? 0;
  while (offset < source.length) {
    const { token, end } = readToken(source, offset);
    if (token) tokens.push({ ...token, written: source.slice(token.offset, end) });
    else issues.push(unknownWord(source, offset, end));
    offset = end + (matchAt(blank, source, end)?.[0].length ?? 0);
  }
  tokens.push({ kind: "end", text: "<EOF>", written: "<EOF>", offset: source.length });
  return { tokens, issues };
}

function unknownWord(source: string, offset: number, end: number): Issue {
  const shown = source.slice(offset, end).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return { offset, message: `Syntax error: token recognition error at: '${shown}'` };
}

function matchAt(pattern: RegExp, source: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(source);
}

/** Undefined is what is no word. */
interface ReadToken {
  readonly token: Token | undefined;
  readonly end: number;
}

function readToken(source: string, offset: number): ReadToken {
  const opening = matchAt(stringLiteral, source, offset);
  if (opening) return readText(source, offset, opening);
  const digits = matchAt(number, source, offset)?.[0];
  if (digits !== undefined) return { token: numberToken(digits, offset), end: offset + digits.length };
  const name = matchAt(identifier, source, offset)?.[0];
  if (name !== undefined)
    return { token: { kind: "ident", text: name, isQuoted: false, offset }, end: offset + name.length };
  const quoted = matchAt(quotedIdentifier, source, offset);
  if (quoted)
    return {
      token: { kind: "ident", text: quoted[1] as string, isQuoted: true, offset },
      end: offset + quoted[0].length,
    };
  const sign = matchAt(symbol, source, offset)?.[0];
  if (sign !== undefined) return { token: { kind: "symbol", text: sign, offset }, end: offset + sign.length };
  // The first half of a sign takes what stands in the place of the other with it.
  return { token: undefined, end: offset + (/[=&|]/.test(source[offset] as string) ? 2 : 1) };
}

function numberToken(text: string, offset: number): Token {
  const isHexadecimal = /^0x/i.test(text);
  if (/u$/i.test(text)) return { kind: "uint", text: text.slice(0, -1), offset };
  return { kind: !isHexadecimal && /[.eE]/.test(text) ? "double" : "int", text, offset };
}

function readText(source: string, offset: number, opening: RegExpExecArray): ReadToken {
  const quote = opening[1] as string;
  const prefix = opening[0].slice(0, -quote.length).toLowerCase();
  const isRaw = prefix.includes("r");
  const start = offset + opening[0].length;
  const stop = findQuote(source, start, quote, isRaw);
  if (stop < 0) {
    const lineEnd = source.indexOf("\n", start);
    return { token: undefined, end: quote.length > 1 || lineEnd < 0 ? source.length : lineEnd + 1 };
  }
  const body = source.slice(start, stop);
  const end = stop + quote.length;
  if (prefix.includes("b"))
    return { token: { kind: "bytes", bytes: parseBytesLiteral(body, isRaw, offset), offset }, end };
  return { token: { kind: "string", text: isRaw ? body : parseStringLiteral(body, offset), offset }, end };
}

function findQuote(source: string, start: number, quote: string, isRaw: boolean): number {
  for (let at = start; at < source.length; at++) {
    if (source.startsWith(quote, at)) return at;
    if (quote.length === 1 && source[at] === "\n") return -1;
    if (!isRaw && source[at] === "\\") at++;
  }
  return -1;
}
