/** A piece of JSON where it stands. */
export interface JsonToken {
  readonly kind: "{" | "}" | "[" | "]" | "," | ":" | "string" | "number" | "true" | "false" | "null";
  /** As it was written. */
  readonly text: string;
  /** From 0, of the whole text. */
  readonly at: number;
}

/** What Go's encoding/json says when a text is no JSON. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

const TOKEN =
  /[{}[\],:]|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;
const BLANK = /[ \t\r\n]*/y;
const WORDS: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };

/** The first value of a text as tokens; whatever follows it is not looked at. Empty for a text without a value. Throws JsonSyntaxError. */
export function firstValue(text: string): JsonToken[] {
  const tokens: JsonToken[] = [];
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  for (let at = skipBlanks(text, 0); ; at = skipBlanks(text, at)) {
    if (at >= text.length) {
      if (tokens.length === 0) return [];
      throw new JsonSyntaxError("unexpected EOF");
    }
    const token = tokenAt(text, at, expected);
    tokens.push(token);
    at += token.text.length;
    expected = step(token, open, text, expected);
    if (expected === "end") return tokens;
  }
}

type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | ", or }" | ", or ]" | "end";

const PLACES: Readonly<Record<Expected, string>> = {
  value: "looking for beginning of value",
  "value or ]": "looking for beginning of value",
  key: "looking for beginning of object key string",
  "key or }": "looking for beginning of object key string",
  ":": "after object key",
  ", or }": "after object key:value pair",
  ", or ]": "after array element",
  end: "after top-level value",
};

function skipBlanks(text: string, at: number): number {
  BLANK.lastIndex = at;
  BLANK.test(text);
  return BLANK.lastIndex;
}

function tokenAt(text: string, at: number, expected: Expected): JsonToken {
  TOKEN.lastIndex = at;
  const found = TOKEN.exec(text)?.[0];
  if (found === undefined) throw problemAt(text, at, expected);
  const first = found[0] as string;
  if (first === '"') return { kind: "string", text: found, at };
  if (first === "-" || (first >= "0" && first <= "9")) return { kind: "number", text: found, at };
  return { kind: found as JsonToken["kind"], text: found, at };
}

function problemAt(text: string, at: number, expected: Expected): JsonSyntaxError {
  const character = text[at] as string;
  const word = expected.startsWith("value") ? WORDS[character] : undefined;
  if (word) {
    for (let index = 1; index < word.length; index++) {
      const found = text[at + index];
      if (found === undefined) break;
      if (found !== word[index])
        return new JsonSyntaxError(
          `invalid character ${quoted(found)} in literal ${word} (expecting ${quoted(word[index] as string)})`,
        );
    }
    return new JsonSyntaxError("unexpected EOF");
  }
  if (character === '"' && /^value|^key/.test(expected)) return new JsonSyntaxError("unexpected EOF");
  return unexpected(character, expected);
}

function unexpected(character: string, expected: Expected): JsonSyntaxError {
  return new JsonSyntaxError(`invalid character ${quoted(character)} ${PLACES[expected]}`);
}

function quoted(character: string): string {
  return character === "'" ? "'\\''" : character === '"' ? "'\"'" : `'${character}'`;
}

/** What may come next. */
function step(token: JsonToken, open: ("{" | "[")[], text: string, expected: Expected): Expected {
  const { kind } = token;
  const isValue = !["}", "]", ",", ":"].includes(kind);
  if (expected === "value" || expected === "value or ]") {
    if (kind === "]" && expected === "value or ]") return close(open);
    if (!isValue) throw unexpected(text[token.at] as string, expected);
    if (kind === "{" || kind === "[") {
      open.push(kind);
      return kind === "{" ? "key or }" : "value or ]";
    }
    return behindValue(open);
  }
  if (expected === "key" || expected === "key or }") {
    if (kind === "}" && expected === "key or }") return close(open);
    if (kind === "string") return ":";
  } else if (expected === ":") {
    if (kind === ":") return "value";
  } else if (kind === ",") return expected === ", or }" ? "key" : "value";
  else if (kind === (expected === ", or }" ? "}" : "]")) return close(open);
  throw unexpected(text[token.at] as string, expected);
}

function close(open: ("{" | "[")[]): Expected {
  open.pop();
  return behindValue(open);
}

function behindValue(open: readonly ("{" | "[")[]): Expected {
  const inner = open.at(-1);
  return inner === undefined ? "end" : inner === "{" ? ", or }" : ", or ]";
}
