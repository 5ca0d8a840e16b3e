/** A complaint about an expression, at an offset of its text. */
export interface Issue {
  readonly offset: number;
  readonly message: string;
}

/** Thrown by the lexer and the parser, caught where an expression is compiled. */
export class SyntaxIssue extends Error {
  readonly offset: number;
  /** What else is wrong: the lexer passes over what is no word. */
  readonly others: readonly Issue[];

  constructor(offset: number, message: string, others: readonly Issue[] = []) {
    super(message);
    this.offset = offset;
    this.others = others;
  }
}

/** cel-go's report: every issue in the order of their places, with line, column, the line itself and a mark below the place. */
export function renderIssues(source: string, issues: readonly Issue[]): string {
  return issues
    .toSorted((a, b) => a.offset - b.offset)
    .map((issue) => renderIssue(source, issue))
    .join("\n");
}

function renderIssue(source: string, { offset, message }: Issue): string {
  const before = source.slice(0, offset).split("\n");
  const line = before.length;
  const column = before.at(-1)?.length ?? 0;
  const text = (source.split("\n")[line - 1] ?? "").replaceAll("\t", " ");
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${".".repeat(column)}^`;
}
