import { EvaluationError, type Value } from "../values/value.ts";
import { byAllSizes, type Library, overloads } from "./declaration.ts";
import { formatText } from "./format-text.ts";

const characters = (text: string) => [...text];

function charAt(text: string, index: bigint): string {
  const all = characters(text);
  if (index < 0n || index > BigInt(all.length)) throw new EvaluationError(`index out of range: ${index}`);
  return all[Number(index)] ?? "";
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const all = characters(text);
  if (from < 0n || from > BigInt(all.length)) throw new EvaluationError(`index out of range: ${from}`);
  const rest = all.slice(Number(from)).join("");
  const at = rest.indexOf(part);
  return at < 0 ? -1n : from + BigInt(characters(rest.slice(0, at)).length);
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const all = characters(text);
  if (from !== undefined && (from < 0n || from > BigInt(all.length)))
    throw new EvaluationError(`index out of range: ${from}`);
  const length = characters(part).length;
  const visible = from === undefined ? text : all.slice(0, Number(from) + length).join("");
  const at = visible.lastIndexOf(part);
  return at < 0 ? -1n : BigInt(characters(visible.slice(0, at)).length);
}

function join(list: readonly Value[], separator = ""): string {
  if (list.some((item) => typeof item !== "string")) throw new EvaluationError("no such overload");
  return list.join(separator);
}

function replace(text: string, from: string, to: string, limit = -1n): string {
  if (limit < 0n) return text.replaceAll(from, () => to);
  const parts = text.split(from);
  const count = Math.min(Number(limit), parts.length - 1);
  return parts.slice(1).reduce((result, part, i) => result + (i < count ? to : from) + part, parts[0] as string);
}

function split(text: string, separator: string, limit = -1n): string[] {
  if (limit === 0n) return [];
  const parts = separator === "" ? characters(text) : text.split(separator);
  if (limit < 0n || parts.length <= Number(limit)) return parts;
  const head = parts.slice(0, Number(limit) - 1);
  return [...head, parts.slice(Number(limit) - 1).join(separator)];
}

function substring(text: string, start: bigint, end?: bigint): string {
  const all = characters(text);
  const stop = end ?? BigInt(all.length);
  if (start > stop) throw new EvaluationError(`invalid substring range. start: ${start}, end: ${stop}`);
  for (const bound of [start, stop])
    if (bound < 0n || bound > BigInt(all.length)) throw new EvaluationError(`index out of range: ${bound}`);
  return all.slice(Number(start), Number(stop)).join("");
}

const quoteEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

function quote(text: string): string {
  return `"${characters(text)
    .map((character) => quoteEscapes[character] ?? character)
    .join("")}"`;
}

const ascii = (text: string, pattern: RegExp, change: (character: string) => string) => text.replace(pattern, change);
/** Unicode White_Space, as Go trims it. */
const space = /^[\s\u0085]+|[\s\u0085]+$/g;

export const strings: Library = [
  ["contains", overloads(["string.(string): bool"], (text: string, part: string) => text.includes(part), byAllSizes)],
  ["startsWith", overloads(["string.(string): bool"], (text: string, part: string) => text.startsWith(part))],
  ["endsWith", overloads(["string.(string): bool"], (text: string, part: string) => text.endsWith(part))],
  ["charAt", overloads(["string.(int): string"], charAt)],
  ["indexOf", overloads(["string.(string): int", "string.(string, int): int"], indexOf, byAllSizes)],
  ["lastIndexOf", overloads(["string.(string): int", "string.(string, int): int"], lastIndexOf, byAllSizes)],
  ["join", overloads(["list(string).(): string", "list(string).(string): string"], join, byAllSizes)],
  [
    "lowerAscii",
    overloads(["string.(): string"], (text: string) => ascii(text, /[A-Z]/g, (c) => c.toLowerCase()), byAllSizes),
  ],
  [
    "upperAscii",
    overloads(["string.(): string"], (text: string) => ascii(text, /[a-z]/g, (c) => c.toUpperCase()), byAllSizes),
  ],
  [
    "replace",
    overloads(["string.(string, string): string", "string.(string, string, int): string"], replace, byAllSizes),
  ],
  ["split", overloads(["string.(string): list(string)", "string.(string, int): list(string)"], split, byAllSizes)],
  ["substring", overloads(["string.(int): string", "string.(int, int): string"], substring, byAllSizes)],
  ["trim", overloads(["string.(): string"], (text: string) => text.replace(space, ""), byAllSizes)],
  ["strings.quote", overloads(["(string): string"], quote, byAllSizes)],
  ["format", overloads(["string.(list(dyn)): string"], formatText, byAllSizes)],
];
