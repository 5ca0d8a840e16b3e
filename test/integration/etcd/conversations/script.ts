import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";

/** One conversation with a fresh cluster. */
export interface Script {
  readonly name: string;
  readonly members: number;
  readonly flags: readonly string[];
  readonly steps: readonly Step[];
}

/**
 * One request and how it is sent. In a script each is an object with one key that says what: `KV/Put: {…}`, a list of requests for a stream
 * (`do` among them for a step in between), `GET /version`, `sleep: ms`. Beside it `metadata` or `headers`, `to` (index of a member; leader, follower),
 * `save` (a variable's name: path in the answer). Texts may contain `$variables`; `$repeat:1000` is a text of that length, `$b64:text` its base64.
 */
export interface Step {
  readonly kind: "call" | "http" | "sleep";
  readonly line: string;
  readonly body: unknown;
  readonly to: number | "leader" | "follower";
  readonly metadata: Readonly<Record<string, string>>;
  readonly save: Readonly<Record<string, string>>;
}

const OPTIONS = new Set(["metadata", "headers", "to", "save"]);

export function readScripts(): Script[] {
  const folder = new URL("scripts/", import.meta.url);
  return readdirSync(folder)
    .toSorted()
    .map((file) => {
      const { members = 1, flags = [], steps } = parse(readFileSync(new URL(file, folder), "utf8")) as Raw;
      return { name: file.replace(".yaml", ""), members, flags, steps: steps.map(toStep) };
    });
}

type Raw = Partial<Pick<Script, "members" | "flags">> & { steps: (string | Record<string, unknown>)[] };

export function toStep(raw: string | Record<string, unknown>): Step {
  const options = typeof raw === "string" ? { [raw]: undefined } : raw;
  const line = Object.keys(options).find((key) => !OPTIONS.has(key)) ?? "nothing";
  const { metadata, headers, to = 0, save = {} } = options as Partial<Step> & { headers?: Step["metadata"] };
  const kind = line === "sleep" ? "sleep" : /^[A-Z]+ /.test(line) ? "http" : "call";
  return { kind, line, body: options[line], to, metadata: metadata ?? headers ?? {}, save };
}

/** The value with its `$variables` filled in. */
export function substitute(value: unknown, variables: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => substitute(each, variables));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, substitute(each, variables)]));
  if (typeof value !== "string" || !value.includes("$")) return value;
  return value
    .replace(/\$repeat:(\d+)/g, (_, count: string) => "x".repeat(Number(count)))
    .replace(/\$b64:([^$"]*)/g, (_, text: string) => Buffer.from(text, "latin1").toString("base64"))
    .replace(/\$(\w+)/g, (whole, name: string) => variables.get(name) ?? whole);
}
