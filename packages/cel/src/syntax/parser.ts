import { Uint } from "../values/value.ts";
import type { CallExpr, Expr, ListItem, MapEntry, StructField } from "./ast.ts";
import { type Issue, SyntaxIssue } from "./issue.ts";
import { expandMacro } from "./macros.ts";
import { type Token, tokenize, type Written } from "./tokens.ts";

const depthMax = 250;
const reservedWords: ReadonlySet<string> = new Set(
  "as break const continue else false for function if import in let loop package namespace null return true var void while".split(
    " ",
  ),
);

/** The grammar of CEL (google/cel-spec, langdef "Syntax") with optional syntax and quoted field names. Throws SyntaxIssue. */
export function parseExpression(source: string): Expr {
  const { tokens, issues } = tokenize(source);
  return new Parser(tokens, issues).parse();
}

type BinaryLevel = readonly string[];
const binaryLevels: readonly BinaryLevel[] = [
  ["||"],
  ["&&"],
  ["<", "<=", ">=", ">", "==", "!=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

class Parser {
  readonly #tokens: readonly (Token & Written)[];
  /** What was passed over: words that are none, those too many, and where one is missing. */
  readonly #issues: Issue[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly (Token & Written)[], issues: readonly Issue[]) {
    this.#tokens = tokens;
    this.#issues = [...issues];
  }

  parse(): Expr {
    try {
      const expr = this.#expression();
      if (this.#next.kind !== "end") this.#passOver(this.#unexpected("<EOF>", this.#second?.kind === "end"));
      if (this.#issues.length === 0) return expr;
    } catch (error) {
      if (!(error instanceof SyntaxIssue)) throw error;
      // Where a word was missed already, nothing more is said.
      if (this.#issues.at(-1)?.offset !== error.offset) this.#issues.push(error);
    }
    const [{ offset, message }, ...others] = this.#issues as [Issue, ...Issue[]];
    throw new SyntaxIssue(offset, message, others);
  }

  #passOver(issue: Issue): void {
    this.#issues.push(issue);
  }

  get #next(): Token & Written {
    return this.#tokens[this.#at] as Token & Written;
  }

  get #second(): Token | undefined {
    return this.#tokens[this.#at + 1];
  }

  /** As ANTLR tells it: a token is too many where the one behind it would do. */
  #unexpected(expecting: string, isExtraneous = false): SyntaxIssue {
    const { offset, written } = this.#next;
    const what = isExtraneous ? "extraneous" : "mismatched";
    return new SyntaxIssue(offset, `Syntax error: ${what} input '${written}' expecting ${expecting}`);
  }

  #is(text: string): boolean {
    return this.#next.kind === "symbol" && this.#next.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (this.#take(text)) return;
    const { offset, written, kind } = this.#next;
    const second = this.#second;
    if (second?.kind === "symbol" && second.text === text) {
      this.#passOver(this.#unexpected(`'${text}'`, true));
      this.#at += 2;
      return;
    }
    const isMissing = text === ":" ? startsExpression(this.#next) : kind === "end";
    if (!isMissing) throw this.#unexpected(`'${text}'`);
    this.#passOver({ offset, message: `Syntax error: missing '${text}' at '${written}'` });
  }

  #expression(): Expr {
    if (++this.#depth > depthMax) throw new SyntaxIssue(this.#next.offset, "expression recursion limit exceeded: 250");
    const condition = this.#binary(0);
    const { offset } = this.#next;
    let result = condition;
    if (this.#take("?")) {
      const yes = this.#binary(0);
      this.#expect(":");
      result = call("_?_:_", [condition, yes, this.#expression()], offset);
    }
    this.#depth--;
    return result;
  }

  #binary(level: number): Expr {
    const operators = binaryLevels[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { offset } = this.#next;
      const operator = this.#operatorOf(operators);
      if (operator === undefined) return left;
      left = call(operator === "in" ? "@in" : `_${operator}_`, [left, this.#binary(level + 1)], offset);
    }
  }

  #operatorOf(operators: BinaryLevel): string | undefined {
    const token = this.#next;
    const isWord = token.kind === "ident" && token.text === "in" && !token.isQuoted;
    if (!(token.kind === "symbol" || isWord) || !operators.includes(token.text)) return undefined;
    this.#at++;
    return token.text;
  }

  #unary(): Expr {
    const { offset } = this.#next;
    for (const sign of ["!", "-"]) {
      let count = 0;
      while (this.#take(sign)) count++;
      if (count > 0) return this.#signed(sign, count, offset);
    }
    return this.#member();
  }

  #signed(sign: string, count: number, offset: number): Expr {
    const token = this.#next;
    const isNegative = sign === "-" && count % 2 === 1;
    if (isNegative && (token.kind === "int" || token.kind === "double")) {
      this.#at++;
      const value = token.kind === "int" ? parseInteger(token.text, token.offset, true) : -Number(token.text);
      return this.#memberOf({ kind: "literal", value, offset });
    }
    const operand = this.#member();
    return count % 2 === 1 ? call(`${sign}_`, [operand], offset) : operand;
  }

  #member(): Expr {
    return this.#memberOf(this.#primary());
  }

  #memberOf(start: Expr): Expr {
    let expr = start;
    for (;;) {
      const { offset } = this.#next;
      if (this.#take(".")) expr = this.#selection(expr, offset);
      else if (this.#take("[")) {
        const name = this.#take("?") ? "_[?_]" : "_[_]";
        if (name === "_[_]" && !startsExpression(this.#next)) throw this.#unexpected(expressionStart("'?', "));
        expr = call(name, [expr, this.#expression()], offset);
        this.#expect("]");
      } else return expr;
    }
  }

  #selection(operand: Expr, offset: number): Expr {
    const isOptional = this.#take("?");
    const token = this.#next;
    if (token.kind !== "ident") throw this.#noAlternative(token, isOptional ? ".?" : ".");
    this.#at++;
    if (!isOptional && !token.isQuoted && this.#is("(")) return this.#invoke(token.text, operand);
    const name = qualifiedName(operand);
    if (!isOptional && name !== undefined && this.#is("{") && !token.isQuoted)
      return this.#struct(`${name}.${token.text}`);
    return { kind: "select", operand, field: token.text, isTest: false, isOptional, offset };
  }

  #noAlternative({ offset, kind, written }: Token & Written, before: string): SyntaxIssue {
    const input = kind === "end" ? before : before + written;
    return new SyntaxIssue(offset, `Syntax error: no viable alternative at input '${input}'`);
  }

  /** A call stands where its parenthesis opens. */
  #invoke(name: string, target: Expr | undefined): Expr {
    const { offset } = this.#next;
    this.#expect("(");
    if (!this.#is(")") && !startsExpression(this.#next)) this.#passToArguments();
    const args = this.#sequence(")", () => this.#expression());
    const expr: CallExpr = { kind: "call", name, target, args, offset };
    return expandMacro(expr) ?? expr;
  }

  #passToArguments(): void {
    const second = this.#second;
    const isExtraneous = second && (startsExpression(second) || (second.kind === "symbol" && second.text === ")"));
    const issue = this.#unexpected(expressionStart("", "')', "), isExtraneous);
    if (!isExtraneous) throw issue;
    this.#passOver(issue);
    this.#at++;
  }

  #sequence<T>(closing: string, item: () => T): T[] {
    const items: T[] = [];
    // A comma that may end a sequence may end an empty one.
    if (closing !== ")" && this.#take(",")) {
      this.#expect(closing);
      return items;
    }
    while (!this.#take(closing)) {
      if (items.length > 0) {
        if (!this.#take(",")) {
          this.#passWord(closing === ")" ? `')'` : `{'${closing}', ','}`, closing);
          continue;
        }
        if (closing !== ")" && this.#take(closing)) break;
        if (closing === "]" && !this.#is("?") && !startsExpression(this.#next)) throw this.#unexpected("']'");
      }
      items.push(item());
    }
    return items;
  }

  #primary(): Expr {
    const token = this.#next;
    const { offset } = token;
    if (token.kind === "symbol") return this.#bracketed(offset);
    if (isOperatorWord(token)) return this.#noExpression();
    this.#at++;
    switch (token.kind) {
      case "int":
        return { kind: "literal", value: parseInteger(token.text, offset, false), offset };
      case "uint":
        return { kind: "literal", value: parseUnsigned(token.text, offset), offset };
      case "double":
        return { kind: "literal", value: Number(token.text), offset };
      case "string":
        return { kind: "literal", value: token.text, offset };
      case "bytes":
        return { kind: "literal", value: token.bytes, offset };
      case "ident":
        return this.#word(token.text, token.isQuoted, offset);
      default:
        this.#at--;
        return this.#noExpression();
    }
  }

  /** Passes over a word that stands before the end of a sequence, or before the comma of one that may end with it. */
  #passWord(expecting: string, closing: string): void {
    const isEnd = (text: string | undefined) => text === closing || (closing !== ")" && text === ",");
    const second = this.#second;
    const isExtraneous = second?.kind === "symbol" && isEnd(second.text);
    const issue = this.#unexpected(expecting, isExtraneous);
    if (!isExtraneous) throw issue;
    this.#passOver(issue);
    this.#at++;
  }

  /** What begins behind a word too many, or nothing. */
  #noExpression(): Expr {
    const isExtraneous = this.#second && startsExpression(this.#second);
    const issue = this.#unexpected(expressionStart(), isExtraneous);
    if (!isExtraneous) throw issue;
    this.#passOver(issue);
    this.#at++;
    return this.#primary();
  }

  #bracketed(offset: number): Expr {
    if (this.#take("(")) {
      const expr = this.#expression();
      this.#expect(")");
      return expr;
    }
    if (this.#take("[")) return { kind: "list", items: this.#sequence("]", () => this.#listItem()), offset };
    if (this.#take("{")) return { kind: "map", entries: this.#sequence("}", () => this.#mapEntry()), offset };
    if (this.#take(".")) return this.#primary();
    return this.#noExpression();
  }

  #listItem(): ListItem {
    const isOptional = this.#take("?");
    return { value: this.#expression(), isOptional };
  }

  #mapEntry(): MapEntry {
    const isOptional = this.#take("?");
    const key = this.#expression();
    this.#expect(":");
    return { key, value: this.#expression(), isOptional };
  }

  #word(text: string, isQuoted: boolean, offset: number): Expr {
    if (isQuoted) {
      this.#at--;
      return this.#noExpression();
    }
    if (text === "true" || text === "false") return { kind: "literal", value: text === "true", offset };
    if (text === "null") return { kind: "literal", value: null, offset };
    if (reservedWords.has(text)) throw new SyntaxIssue(offset, `reserved identifier: ${text}`);
    if (this.#is("(")) return this.#invoke(text, undefined);
    if (this.#is("{")) return this.#struct(text);
    return { kind: "ident", name: text, offset };
  }

  #struct(typeName: string): Expr {
    const { offset } = this.#next;
    this.#expect("{");
    return { kind: "struct", typeName, fields: this.#sequence("}", () => this.#structField()), offset };
  }

  #structField(): StructField {
    const isOptional = this.#take("?");
    const token = this.#next;
    if (token.kind !== "ident") throw this.#unexpected("{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}");
    this.#at++;
    // Where cel-go says that a field is.
    const { offset } = this.#next;
    this.#expect(":");
    return { name: token.text, value: this.#expression(), isOptional, offset };
  }
}

/** What an expression may begin with, in ANTLR's order; `sign` and `close` stand where they may, too. */
function expressionStart(sign = "", close = ""): string {
  return `{'[', '{', '(', ${close}'.', '-', '!', ${sign}'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}`;
}

const startingSymbols: ReadonlySet<string> = new Set(["[", "{", "(", ".", "-", "!"]);

function isOperatorWord(token: Token): boolean {
  return token.kind === "ident" && token.text === "in" && !token.isQuoted;
}

function startsExpression(token: Token): boolean {
  if (isOperatorWord(token)) return false;
  if (token.kind === "symbol") return startingSymbols.has(token.text);
  return token.kind !== "end" && !(token.kind === "ident" && token.isQuoted);
}

function call(name: string, args: readonly Expr[], offset: number): Expr {
  return { kind: "call", name, target: undefined, args, offset };
}

/** `a.b.c` of plain selections, which may be the name of a type or of a function. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === "ident") return expr.name;
  if (expr.kind !== "select" || expr.isTest || expr.isOptional) return undefined;
  const parent = qualifiedName(expr.operand);
  return parent === undefined ? undefined : `${parent}.${expr.field}`;
}

function parseInteger(text: string, offset: number, isNegative: boolean): bigint {
  const value = isNegative ? -BigInt(text) : BigInt(text);
  if (BigInt.asIntN(64, value) !== value) throw new SyntaxIssue(offset, "invalid int literal");
  return value;
}

function parseUnsigned(text: string, offset: number): Uint {
  const value = BigInt(text);
  if (BigInt.asUintN(64, value) !== value) throw new SyntaxIssue(offset, "invalid uint literal");
  return new Uint(value);
}
