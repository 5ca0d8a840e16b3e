const keywords: ReadonlySet<string> = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);
const symbols: readonly (readonly [string, string])[] = [
  ["__", "__underscores__"],
  [".", "__dot__"],
  ["-", "__dash__"],
  ["/", "__slash__"],
];

/** The name of a property in expressions; undefined when expressions cannot reach it. KEP-2876. */
export function escapeFieldName(name: string): string | undefined {
  if (keywords.has(name)) return `__${name}__`;
  let escaped = name;
  for (const [symbol, word] of symbols) escaped = escaped.replaceAll(symbol, word);
  return /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(escaped) ? escaped : undefined;
}

/** The property that a name in an expression means. */
export function unescapeFieldName(escaped: string): string {
  const keyword = /^__(\w+?)__$/.exec(escaped)?.[1];
  if (keyword !== undefined && keywords.has(keyword)) return keyword;
  return escaped.replace(/__(underscores|dot|dash|slash)__/g, (_, word: string) => meanings[word] as string);
}

const meanings: Readonly<Record<string, string>> = { underscores: "__", dot: ".", dash: "-", slash: "/" };
