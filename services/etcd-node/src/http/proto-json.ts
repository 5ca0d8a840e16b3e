import { type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { firstValue, type JsonToken } from "./go-json.ts";

const INTEGERS: Readonly<Partial<Record<ScalarType, readonly [name: string, min: bigint, max: bigint]>>> = {
  [ScalarType.INT32]: ["int32", -(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.UINT32]: ["uint32", 0n, 2n ** 32n - 1n],
  [ScalarType.INT64]: ["int64", -(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.UINT64]: ["uint64", 0n, 2n ** 64n - 1n],
};
/** An integer, also as 1e3 or 100.0, as protobuf's JSON has it. */
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** What Go's protojson says when JSON is not that of a message. */
export class ProtoJsonError extends Error {
  override readonly name = "ProtoJsonError";
}

/**
 * A request's JSON, in a form that any decoder of protobuf takes: fields that the message does not have are left out, numbers are numbers. Throws
 * JsonSyntaxError and ProtoJsonError, with Go's texts: they are what clients of etcd see.
 */
export function readProtoJson(message: DescMessage, text: string): JsonValue {
  const tokens = firstValue(text);
  return tokens.length === 0 ? {} : new Reader(text, tokens).message(message);
}

class Reader {
  readonly #text: string;
  readonly #tokens: readonly JsonToken[];
  #next = 0;

  constructor(text: string, tokens: readonly JsonToken[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  message(message: DescMessage): JsonObject {
    this.#open("{");
    const fields: JsonObject = {};
    const seen = new Set<string>();
    for (;;) {
      const key = this.#take();
      if (key.kind === "}") return fields;
      if (key.kind === ",") continue;
      const name = JSON.parse(key.text) as string;
      this.#take();
      const field = message.fields.find((each) => each.name === name || each.jsonName === name);
      if (!field) this.#skip();
      else {
        if (seen.has(field.name)) throw this.#problem(key, `duplicate field ${key.text}`);
        this.#refuseSecondOfOneof(field, key, seen, message);
        seen.add(field.name);
        if (this.#peek().kind === "null") this.#skip();
        else fields[field.name] = this.#field(field);
      }
    }
  }

  #refuseSecondOfOneof({ oneof }: DescField, key: JsonToken, seen: ReadonlySet<string>, message: DescMessage): void {
    if (!oneof?.fields.some(({ name }) => seen.has(name))) return;
    throw this.#problem(key, `error parsing ${key.text}, oneof ${message.typeName}.${oneof.name} is already set`);
  }

  #field(field: DescField): JsonValue {
    if (field.fieldKind !== "list") return this.#single(field);
    this.#open("[");
    const items: JsonValue[] = [];
    for (;;) {
      const next = this.#peek();
      if (next.kind === "]" || next.kind === ",") this.#next++;
      if (next.kind === "]") return items;
      if (next.kind !== ",") items.push(this.#single(field));
    }
  }

  #single(field: DescField): JsonValue {
    if (field.message) return this.message(field.message);
    const token = this.#take();
    if (field.enum) return this.#enum(field, token);
    const { kind, text } = token;
    const scalar = field.scalar as ScalarType;
    const integer = INTEGERS[scalar];
    if (integer) {
      const number =
        kind === "string" || kind === "number" ? toInteger(kind === "string" ? text.slice(1, -1) : text) : undefined;
      if (number === undefined || number < integer[1] || number > integer[2])
        throw this.#invalid(token, integer[0], field);
      return String(number);
    }
    if (scalar === ScalarType.BOOL) {
      if (kind !== "true" && kind !== "false") throw this.#invalid(token, "bool", field);
      return kind === "true";
    }
    const isBytes = scalar === ScalarType.BYTES;
    const value = kind === "string" ? (JSON.parse(text) as string) : undefined;
    if (value === undefined || (isBytes && !isBase64(value)))
      throw this.#invalid(token, isBytes ? "bytes" : "string", field);
    return value;
  }

  /** Names that the enum does not have are passed over, as the gateway is told to; its numbers are whatever they are. */
  #enum(field: DescField, token: JsonToken): JsonValue {
    if (token.kind === "number" && toInteger(token.text) !== undefined) return Number(token.text);
    if (token.kind !== "string") throw this.#invalid(token, "enum", field);
    const name = JSON.parse(token.text) as string;
    return field.enum?.values.find((value) => value.name === name)?.number ?? 0;
  }

  #open(bracket: "{" | "["): void {
    const token = this.#take();
    if (token.kind !== bracket)
      throw new ProtoJsonError(`proto: syntax error ${this.#place(token)}: unexpected token ${token.text}`);
  }

  /** One value of whatever kind. */
  #skip(): void {
    let depth = 0;
    do {
      const { kind } = this.#take();
      if (kind === "{" || kind === "[") depth++;
      else if (kind === "}" || kind === "]") depth--;
    } while (depth > 0);
  }

  #peek(): JsonToken {
    return this.#tokens[this.#next] as JsonToken;
  }

  #take(): JsonToken {
    return this.#tokens[this.#next++] as JsonToken;
  }

  #invalid(token: JsonToken, type: string, field: DescField): ProtoJsonError {
    return this.#problem(token, `invalid value for ${type} field ${field.jsonName}: ${token.text}`);
  }

  #problem(token: JsonToken, what: string): ProtoJsonError {
    return new ProtoJsonError(`proto: ${this.#place(token)}: ${what}`);
  }

  #place({ at }: JsonToken): string {
    const lines = this.#text.slice(0, at).split("\n");
    return `(line ${lines.length}:${(lines.at(-1) as string).length + 1})`;
  }
}

function toInteger(text: string): bigint | undefined {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  const shift = Number(exponent);
  if (whole === "" || Math.abs(shift) > 30) return undefined;
  const digits = whole + fraction;
  const point = whole.length + shift;
  const shown = digits.padEnd(point, "0");
  if (/[1-9]/.test(shown.slice(Math.max(0, point)))) return undefined;
  return BigInt(sign + (shown.slice(0, Math.max(0, point)) || "0"));
}

/** In either alphabet, with or without its padding. */
function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/.test(text) && text.replace(/=+$/, "").length % 4 !== 1;
}
