import { RE2JS } from "re2js";
import { EvaluationError } from "../values/value.ts";
import { type Library, overloads, sizeOf } from "./declaration.ts";

const compiled = new Map<string, RE2JS>();
const compiledMax = 500;

/** RE2: time linear in the text, so that no pattern can hold the server up. Compiled patterns are kept. */
function compileRegex(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  if (compiled.size >= compiledMax) compiled.delete(compiled.keys().next().value as string);
  const regex = tryCompile(pattern);
  if (typeof regex === "string") throw new EvaluationError(regex);
  compiled.set(pattern, regex);
  return regex;
}

function tryCompile(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function findAll(text: string, pattern: string, limit = -1n): string[] {
  const matcher = compileRegex(pattern).matcher(text);
  const found: string[] = [];
  while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) found.push(matcher.group() ?? "");
  return found;
}

const regexCost = (args: readonly unknown[]) =>
  Math.ceil((sizeOf(args[0] as string) + 1) * 0.1) * Math.ceil(sizeOf(args[1] as string) * 0.25);

export const regex: Library = [
  [
    "matches",
    overloads(
      ["(string, string): bool", "string.(string): bool"],
      (text: string, pattern: string) => compileRegex(pattern).matcher(text).find(),
      regexCost,
    ),
  ],
  [
    "find",
    overloads(
      ["string.(string): string"],
      (text: string, pattern: string) => findAll(text, pattern, 1n)[0] ?? "",
      regexCost,
    ),
  ],
  ["findAll", overloads(["string.(string): list(string)", "string.(string, int): list(string)"], findAll, regexCost)],
];
