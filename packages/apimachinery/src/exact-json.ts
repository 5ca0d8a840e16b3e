import type { Int64 } from "./meta.ts";

/**
 * Whole numbers of 64 bits in plain JSON: in every tree of an object, one that a number would not hold exactly (beyond 2^53) is a bigint, and
 * every other number is a number. So a number beyond 2^53 is what Go has as a float64.
 */

/** Fewer digits are always exact as a number. */
const longDigits = 16;

const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/** The value of a JSON number: exact where it is written in digits alone and fits 64 bits, else the nearest double. */
export function exactNumber(text: string): Int64 {
  const value = Number(text);
  if (Number.isSafeInteger(value) || !/^-?\d+$/.test(text)) return value;
  return isInt64(BigInt(text)) ? BigInt(text) : value;
}

export function toInt64(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/** `JSON.parse`, with long whole numbers exact. */
export function parseExactJson(text: string): unknown {
  return hasLongDigits(text) ? JSON.parse(text, withExactNumber) : JSON.parse(text);
}

/** Whether sixteen digits stand together somewhere: one of them is at a place that sixteen divides, so all else is passed over. */
function hasLongDigits(text: string): boolean {
  for (let at = longDigits - 1; at < text.length; at += longDigits) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let [start, end] = [at, at];
    while (isDigit(text.charCodeAt(start - 1))) start--;
    while (isDigit(text.charCodeAt(end + 1))) end++;
    if (end - start + 1 >= longDigits) return true;
  }
  return false;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function withExactNumber(this: unknown, _key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && context?.source !== undefined ? exactNumber(context.source) : value;
}

/** `JSON.stringify`, which knows no bigints, with them. */
export function stringifyJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, withDigits, indent);
  }
}

/** A replacer of `JSON.stringify`: bigints as their digits. */
export function withDigits(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawJson(String(value)) : value;
}
