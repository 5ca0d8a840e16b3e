import { encodeUtf8 } from "../values/utf8.ts";
import { SyntaxIssue } from "./issue.ts";

const escapeSequence =
  /\\(?:([abfnrtv\\?"'`])|x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]?))/g;
const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The text that the inside of a quoted literal stands for. */
export function parseStringLiteral(body: string, offset: number): string {
  return body.replace(escapeSequence, (all, simple, x1, x2, u4, u8, octal) => {
    if (simple !== undefined) return simpleEscapes[simple] ?? simple;
    const hexadecimal = x1 ?? x2 ?? u4 ?? u8;
    const code = hexadecimal === undefined ? Number.parseInt(octal, 8) : Number.parseInt(hexadecimal, 16);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (Number.isNaN(code) || code > 0x10ffff || isSurrogate)
      throw new SyntaxIssue(offset, `Syntax error: token recognition error at: '${all}'`);
    return String.fromCodePoint(code);
  });
}

/** In bytes, `\x` and octal escapes are single bytes; everything else is UTF-8. */
export function parseBytesLiteral(body: string, isRaw: boolean, offset: number): Uint8Array {
  if (isRaw) return encodeUtf8(body);
  const bytes: number[] = [];
  let last = 0;
  for (const match of body.matchAll(escapeSequence)) {
    bytes.push(...encodeUtf8(body.slice(last, match.index)));
    last = match.index + match[0].length;
    const [, , x1, x2, , , octal] = match;
    const byte = x1 ?? x2 ?? octal;
    if (byte === undefined) bytes.push(...encodeUtf8(parseStringLiteral(match[0], offset)));
    else bytes.push(Number.parseInt(byte, octal === undefined ? 16 : 8));
  }
  bytes.push(...encodeUtf8(body.slice(last)));
  return Uint8Array.from(bytes);
}
