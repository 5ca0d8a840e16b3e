import type { FlagSet } from "@drydock/component";
import type { ProcessPage } from "./process-pages.ts";

const UNITS_MS = [
  ["h", 3_600_000],
  ["m", 60_000],
] as const;

/** Every flag of the process with the value it has. */
export function flagzPage(flags: FlagSet, config: object): ProcessPage {
  const values = new Map<string, unknown>(Object.entries(config));
  const shown = Object.keys(flags)
    .sort()
    .map((name) => {
      const key = name.replaceAll(/-(.)/g, (_match, letter: string) => letter.toUpperCase());
      return [name, renderValue(values.get(key), flags[name]?.kind === "duration")] as const;
    });
  return {
    kind: "Flagz",
    lines: shown.map(([name, value]) => `${name}:${value}`),
    fields: { flags: Object.fromEntries(shown) },
  };
}

function renderValue(value: unknown, isDuration: boolean): string {
  if (Array.isArray(value)) return `[${value.join(",")}]`;
  if (isDuration && typeof value === "number") return renderDuration(value);
  return String(value ?? "");
}

/** As Go prints durations: `1m0s`, `1.5s`, `20ms`. */
function renderDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 1000) return `${ms}ms`;
  let text = "";
  let rest = ms;
  for (const [unit, length] of UNITS_MS) {
    if (ms < length) continue;
    text += `${Math.floor(rest / length)}${unit}`;
    rest %= length;
  }
  return `${text}${rest / 1000}s`;
}
