import { assertJsonDepth, badRequest, goText, parseJson } from "@drydock/apimachinery";
import { type Document, isCollection, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { kubeYamlTags } from "./yaml-tags.ts";

export interface ParsedYaml {
  readonly value: unknown;
  /** What a strict decoder has against the document itself. */
  readonly complaints: readonly string[];
}

/** One document; JSON, which most clients send under that name, is read as such. */
export function parseYaml(text: string): ParsedYaml {
  if (text.startsWith("{")) {
    try {
      const { value, duplicates } = parseJson(text);
      if (duplicates.length === 0) return { value, complaints: [] };
    } catch {
      // A flow mapping that is no JSON.
    }
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    uniqueKeys: false,
    lineCounter: lines,
    schema: "failsafe",
    customTags: (tags) => [...tags, ...kubeYamlTags],
    merge: true,
  });
  const error = document.errors.find(({ code }) => code !== "MULTIPLE_DOCS");
  if (error) throw badRequest(`yaml: ${words[error.code]?.(error.message) ?? error.message.split("\n")[0]}`);
  assertKeys(document);
  assertNoCycles(document);
  // An empty document says nothing of anything.
  const value: unknown = document.toJS() ?? {};
  assertJsonDepth(value);
  assertNumbers(value);
  const repeated = repeatedKeys(document, lines);
  return { value, complaints: repeated.length > 0 ? [`yaml: unmarshal errors:\n${repeated.join("\n")}`] : [] };
}

/** What Go's decoder says to the commonest mistakes. */
const words: Readonly<Record<string, (message: string) => string | undefined>> = {
  BLOCK_AS_IMPLICIT_KEY: () => "mapping values are not allowed in this context",
  TAB_AS_INDENT: () => "found character that cannot start any token",
  MISSING_CHAR: (message) => (message.includes("quote") ? "found unexpected end of stream" : undefined),
};

/** Fields have names: nothing is none. */
function assertKeys(document: Document): void {
  visit(document, {
    Pair(_key, { key, value }) {
      if (!isScalar(key) || key.value !== null) return;
      const shown = isScalar(value) ? goText(value.value) : String(value);
      throw badRequest(`unsupported map key of type: %!s(<nil>), key: <nil>, value: ${shown}`);
    },
  });
}

/** YAML has numbers that JSON has not. */
function assertNumbers(value: unknown): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    const text = Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    throw badRequest(`json: unsupported value: ${text}`);
  }
  if (typeof value === "object" && value !== null) for (const item of Object.values(value)) assertNumbers(item);
}

/** An anchor may not be referred to from within: the value would never end. */
function assertNoCycles(document: Document): void {
  visit(document, {
    Alias(_key, alias, path) {
      const { source } = alias;
      if (!alias.resolve(document)) throw badRequest(`yaml: unknown anchor '${source}' referenced`);
      const isInside = path.some((node) => isCollection(node) && node.anchor === source);
      if (isInside) throw badRequest(`yaml: anchor '${source}' value contains itself`);
    },
  });
}

/** Keys that stand twice in their mapping, in the words of Go's decoder. */
function repeatedKeys(document: Document, lines: LineCounter): string[] {
  const found: string[] = [];
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const line = lines.linePos(key.range?.[0] ?? 0).line;
        if (seen.has(key.value)) found.push(`  line ${line}: key ${JSON.stringify(key.value)} already set in map`);
        seen.add(key.value);
      }
    },
  });
  return found;
}
