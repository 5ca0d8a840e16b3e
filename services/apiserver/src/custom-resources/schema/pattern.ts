import { RE2JS } from "re2js";

const compiled = new Map<string, RE2JS | undefined>();
const compiledMax = 1000;

/** A pattern of a schema, which is RE2's; undefined for one that is not valid. */
export function patternOf(pattern: string): RE2JS | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern);
  if (compiled.size >= compiledMax) compiled.clear();
  const regex = compile(pattern);
  compiled.set(pattern, regex);
  return regex;
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
