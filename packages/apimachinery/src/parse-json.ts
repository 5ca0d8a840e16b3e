import { setOwn } from "./deep.ts";
import { exactNumber } from "./exact-json.ts";
import type { Int64 } from "./meta.ts";
import { badRequest, type StatusError } from "./status-error.ts";

export interface ParsedJson {
  readonly value: unknown;
  /** Paths of fields that stand twice in an object (`metadata.name`, `spec.containers[0].image`); the last one wins. */
  readonly duplicates: readonly string[];
  /** Numbers that are written otherwise than we would (`3.0`, `1e3`, more digits than fit), by path: their texts. */
  readonly numbers: ReadonlyMap<string, string>;
}

/** Deeper nesting is refused, as Go's decoder does beyond 10 000: our stack is smaller, and no object of the API comes near. */
const maxDepth = 1000;

/** Throws the same for a value that something else has parsed. */
export function assertJsonDepth(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw badRequest("exceeded max depth");
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
}

/** Parses JSON and notes duplicate fields. Throws a 400 StatusError in the words of Go's decoder. */
export function parseJson(text: string): ParsedJson {
  const reader = new JsonReader(text);
  const value = reader.readDocument();
  return { value, duplicates: reader.duplicates, numbers: reader.numbers };
}

class JsonReader {
  readonly duplicates: string[] = [];
  readonly numbers = new Map<string, string>();
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): unknown {
    const value = this.#value("");
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected("after top-level value");
    return value;
  }

  #unexpected(where: string): StatusError {
    const character = this.#text[this.#at];
    if (character === undefined) return badRequest("unexpected end of JSON input");
    return badRequest(`invalid character ${goCharacter(character)} ${where}`);
  }

  #space(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  #value(path: string): unknown {
    this.#space();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#nested(() => this.#object(path));
      case "[":
        return this.#nested(() => this.#array(path));
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        return this.#number(path);
    }
  }

  #nested(read: () => unknown): unknown {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw badRequest("exceeded max depth");
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(path: string): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.#at += 1;
    this.#space();
    if (this.#text[this.#at] === "}") {
      this.#at += 1;
      return result;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#unexpected("looking for beginning of object key string");
      const key = this.#string();
      const field = path === "" ? key : `${path}.${key}`;
      this.#space();
      if (this.#text[this.#at] !== ":") throw this.#unexpected("after object key");
      this.#at += 1;
      if (Object.hasOwn(result, key)) this.duplicates.push(field);
      setOwn(result, key, this.#value(field));
      this.#space();
      const separator = this.#text[this.#at];
      if (separator !== "," && separator !== "}") throw this.#unexpected("after object key:value pair");
      this.#at += 1;
      if (separator === "}") return result;
    }
  }

  #array(path: string): unknown[] {
    const result: unknown[] = [];
    this.#at += 1;
    this.#space();
    if (this.#text[this.#at] === "]") {
      this.#at += 1;
      return result;
    }
    for (;;) {
      result.push(this.#value(`${path}[${result.length}]`));
      this.#space();
      const separator = this.#text[this.#at];
      if (separator !== "," && separator !== "]") throw this.#unexpected("after array element");
      this.#at += 1;
      if (separator === "]") return result;
    }
  }

  #string(): string {
    const start = this.#at;
    let at = start + 1;
    for (;;) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) break;
      if (code < 0x20 || Number.isNaN(code)) {
        this.#at = at;
        throw this.#unexpected("in string literal");
      }
      at += code === 0x5c ? 2 : 1;
    }
    this.#at = at + 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      const bad = /\\(?:u(?![0-9a-fA-F]{4})|[^"\\/bfnrtu])/.exec(this.#text.slice(start, this.#at));
      this.#at = start + (bad?.index ?? 0) + 1;
      throw this.#unexpected("in string escape code");
    }
  }

  #literal<T>(word: string, value: T): T {
    for (let i = 0; i < word.length; i += 1, this.#at += 1) {
      if (this.#text[this.#at] !== word[i]) {
        throw this.#unexpected(`in literal ${word} (expecting ${goCharacter(word[i] ?? "")})`);
      }
    }
    return value;
  }

  #number(path: string): Int64 {
    const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw this.#unexpected("looking for beginning of value");
    this.#at += match[0].length;
    const [text] = match;
    const value = exactNumber(text);
    if (String(value) !== text) this.numbers.set(path, text);
    return value;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function goCharacter(character: string): string {
  if (character === "'") return "'\\''";
  if (character === "\\") return "'\\\\'";
  if (character === "\n") return "'\\n'";
  if (character === "\t") return "'\\t'";
  if (character === "\r") return "'\\r'";
  return `'${character}'`;
}
