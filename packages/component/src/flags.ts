/** One command-line flag: how its text becomes a value, and what it is when absent. */
export interface Flag<T> {
  readonly help: string;
  readonly parse: (text: string) => T;
  readonly fallback?: T;
  readonly isRequired: boolean;
  /** A bare `--flag` means this text. */
  readonly bareText?: string;
  /** Every occurrence adds to the value instead of replacing it. */
  merge?(earlier: T, later: T): T;
  readonly kind: string;
}

export type FlagSet = Readonly<Record<string, Flag<unknown>>>;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** The typed configuration a flag set parses to: `--etcd-servers` becomes `etcdServers`. */
export type FlagValues<F extends FlagSet> = {
  readonly [K in keyof F & string as CamelCase<K>]: F[K] extends Flag<infer T> ? T : never;
};

interface FlagOptions<T> {
  readonly help: string;
  readonly default: T;
}

function flag<T>(
  kind: string,
  parse: (text: string) => T,
  options: { help: string; default?: T },
  extra: Partial<Flag<T>> = {},
): Flag<T> {
  const base = { kind, parse, help: options.help, isRequired: options.default === undefined, ...extra };
  return options.default === undefined ? base : { ...base, fallback: options.default };
}

export const stringFlag = (options: FlagOptions<string> | { help: string }): Flag<string> =>
  flag("string", (text) => text, options);

export const integerFlag = (
  options: (FlagOptions<number> | { help: string }) & { min?: number; max?: number },
): Flag<number> =>
  flag(
    "integer",
    (text) => parseInteger(text, options.min ?? Number.MIN_SAFE_INTEGER, options.max ?? Number.MAX_SAFE_INTEGER),
    options,
  );

export const portFlag = (options: FlagOptions<number> | { help: string }): Flag<number> =>
  flag("port", (text) => parseInteger(text, 0, 65535), options);

export const booleanFlag = (options: FlagOptions<boolean>): Flag<boolean> =>
  flag("boolean", parseBoolean, options, { bareText: "true" });

/** Comma-separated; may be given several times. */
export const stringListFlag = (options: FlagOptions<readonly string[]> | { help: string }): Flag<readonly string[]> =>
  flag<readonly string[]>("list", (text) => text.split(",").filter((item) => item !== ""), options, {
    merge: (earlier, later) => [...earlier, ...later],
  });

/** Go's duration syntax (`300ms`, `1m30s`), in ms. */
export const durationMsFlag = (options: FlagOptions<number> | { help: string }): Flag<number> =>
  flag("duration", parseDurationMs, options);

export const choiceFlag = <const C extends string>(
  choices: readonly C[],
  options: FlagOptions<C> | { help: string },
): Flag<C> => flag<C>(choices.join("|"), (text) => parseChoice(choices, text), options);

export type ParsedFlags<F extends FlagSet> =
  | { readonly kind: "values"; readonly values: FlagValues<F> }
  | { readonly kind: "help" }
  | { readonly kind: "errors"; readonly errors: readonly string[] };

export interface FlagSources {
  readonly argv: readonly string[];
  /** Environment fallback: `--data-dir` is read from `<prefix>DATA_DIR` when a prefix is given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly envPrefix?: string;
}

/** Parses all sources and reports every problem at once. Command line beats environment beats default. */
export function parseFlags<F extends FlagSet>(flags: F, sources: FlagSources): ParsedFlags<F> {
  const errors: string[] = [];
  const found = new Map<string, unknown>();
  readEnvironment(flags, sources, found, errors);
  if (readArguments(flags, sources.argv, found, errors) === "help") return { kind: "help" };
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(flags)) {
    if (found.has(name)) values[camelCase(name)] = found.get(name);
    else if (spec.isRequired) errors.push(`--${name} is required`);
    else values[camelCase(name)] = spec.fallback;
  }
  if (errors.length > 0) return { kind: "errors", errors };
  return { kind: "values", values: values as FlagValues<F> };
}

/** One line a flag, for `--help` and for the reference pages. */
export function renderFlagHelp(flags: FlagSet): string {
  return Object.entries(flags)
    .map(([name, spec]) => {
      const fallback = spec.isRequired ? "required" : `default ${JSON.stringify(spec.fallback)}`;
      return `  --${name} <${spec.kind}>  ${spec.help} (${fallback})`;
    })
    .join("\n");
}

function readEnvironment(flags: FlagSet, sources: FlagSources, found: Map<string, unknown>, errors: string[]): void {
  if (sources.envPrefix === undefined || !sources.env) return;
  for (const [name, spec] of Object.entries(flags)) {
    const variable = sources.envPrefix + name.toUpperCase().replaceAll("-", "_");
    const text = sources.env[variable];
    if (text === undefined) continue;
    tryParse(spec, text, variable, errors, (value) => found.set(name, value));
  }
}

function readArguments(
  flags: FlagSet,
  argv: readonly string[],
  found: Map<string, unknown>,
  errors: string[],
): "help" | "done" {
  const seen = new Set<string>();
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] as string;
    if (argument === "--help" || argument === "-h") return "help";
    const match = /^--?([a-zA-Z0-9-]+)(?:=([\s\S]*))?$/.exec(argument);
    const name = match?.[1] ?? "";
    const spec = flags[name];
    if (!match || !spec) {
      errors.push(match ? `unknown flag: --${name}` : `unexpected argument: ${argument}`);
      continue;
    }
    let text = match[2];
    if (text === undefined) {
      const next = argv[index + 1];
      if (spec.bareText !== undefined) text = spec.bareText;
      else if (next === undefined) {
        errors.push(`flag needs an argument: --${name}`);
        continue;
      } else {
        text = next;
        index++;
      }
    }
    tryParse(spec, text, `--${name}`, errors, (value) => {
      found.set(name, seen.has(name) && spec.merge ? spec.merge(found.get(name), value) : value);
      seen.add(name);
    });
  }
  return "done";
}

function tryParse(
  spec: Flag<unknown>,
  text: string,
  source: string,
  errors: string[],
  accept: (value: unknown) => void,
): void {
  try {
    accept(spec.parse(text));
  } catch (error) {
    errors.push(`invalid argument "${text}" for ${source}: ${(error as Error).message}`);
  }
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function parseInteger(text: string, min: number, max: number): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new Error("not an integer");
  if (value < min || value > max) throw new Error(`must be between ${min} and ${max}`);
  return value;
}

function parseBoolean(text: string): boolean {
  if (["true", "1", "t", "T", "TRUE", "True"].includes(text)) return true;
  if (["false", "0", "f", "F", "FALSE", "False"].includes(text)) return false;
  throw new Error("not a boolean");
}

function parseChoice<C extends string>(choices: readonly C[], text: string): C {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new Error(`must be one of ${choices.join(", ")}`);
  return choice;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's duration text in ms; a bare `0` is allowed as in Go. Throws on anything else. */
export function parseDurationMs(text: string): number {
  if (text === "0") return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== text)
    throw new Error("not a duration (like 300ms, 5s, 1h30m)");
  return parts.reduce((sum, part) => sum + Number(part[1]) * (UNIT_MS[part[2] as string] as number), 0);
}
