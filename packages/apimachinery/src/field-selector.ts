import { badRequest } from "./status-error.ts";

export interface FieldRequirement {
  readonly path: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** A conjunction of equalities over fields that a kind declares selectable. */
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[];
  readonly isEmpty: boolean;
  /** `get` answers the text of a field; unknown paths are the caller's to refuse. */
  matches(get: (path: string) => string): boolean;
  toString(): string;
}

/** Parses `metadata.name=x,status.phase!=Failed`. Throws a 400 StatusError for bad text. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements = splitTerms(text)
    .filter((term) => term !== "")
    .map((term) => parseTerm(term));
  return {
    requirements,
    isEmpty: requirements.length === 0,
    matches: (get) => requirements.every(({ path, operator, value }) => (get(path) === value) === (operator === "=")),
    toString: () =>
      requirements.map(({ path, operator, value }) => `${path}${operator}${escapeValue(value)}`).join(","),
  };
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|[^,\\])+/gs) ?? [];
}

function parseTerm(term: string): FieldRequirement {
  const match = /^((?:\\.|[^=!\\])*?)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, path = "", operator, value = ""] = match;
  return { path, operator: operator === "!=" ? "!=" : "=", value: unescapeValue(value) };
}

function unescapeValue(value: string): string {
  const bad = /\\(?![\\,=])|(?<!\\)(?:\\\\)*=/.exec(value);
  if (bad !== null)
    throw badRequest(`invalid field selector: ${value}: unescaped character or invalid escape sequence`);
  return value.replaceAll(/\\([\\,=])/g, "$1");
}

function escapeValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, "\\$&");
}
