import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Prng } from "@drydock/base";

const BYTES = ["", "a", "b", "c", "d", "\0", "\xff", "a\0", "k/1", "zz"];
const TEXTS = ["", "a", "root", "r", "http://127.0.0.1:9", "3.5.0", "x\u0000y", "__proto__", "constructor"];
const SIGNED = ["0", "1", "2", "3", "5", "100", "4294967296", "-1", "9223372036854775807", "-9223372036854775808"];
const UNSIGNED = ["0", "1", "5", "18446744073709551615"];
const SMALL = [0, 1, -1, 2147483647];
const LIST_MAX = 4;
/** Deeper messages get few fields, or they would never end. */
const DEEP = 5;

/** Some value for some of a message's fields, in the form of `methodOf`. */
export function randomMessage(message: DescMessage, prng: Prng, depth = 0): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const field of message.fields) {
    const isSkipped = prng.next() < (depth > DEEP ? 0.9 : 0.4);
    if (isSkipped || field.oneof?.fields.some(({ name }) => name in value)) continue;
    value[field.name] =
      field.fieldKind === "list"
        ? Array.from({ length: prng.integer(LIST_MAX) }, () => single(field, prng, depth))
        : single(field, prng, depth);
  }
  return value;
}

function single(field: DescField, prng: Prng, depth: number): unknown {
  const pick = <T>(list: readonly T[]): T => list[prng.integer(list.length)] as T;
  if (field.message) return randomMessage(field.message, prng, depth + 1);
  // Now and then a value that the enum does not have.
  if (field.enum) return prng.next() < 0.03 ? 9 : pick(field.enum.values).number;
  switch (field.scalar) {
    case ScalarType.BYTES:
      return pick(BYTES);
    case ScalarType.STRING:
      return pick(TEXTS);
    case ScalarType.BOOL:
      return prng.next() < 0.5;
    case ScalarType.UINT64:
      return pick(UNSIGNED);
    case ScalarType.INT32:
      return pick(SMALL);
    default:
      return pick(SIGNED);
  }
}
