/** When a file of the log is begun anew, and what becomes of those before it. */
export interface Rotation {
  /** In MiB; 0 for a hundred. */
  readonly maxSize: number;
  /** In days; 0 for any. */
  readonly maxAge: number;
  /** How many are kept; 0 for all. */
  readonly maxBackups: number;
  /** Whether their names tell the time here, and not UTC. */
  readonly isLocalTime: boolean;
  readonly isCompressed: boolean;
}

const KINDS: Readonly<Record<string, "int" | "bool">> = {
  maxsize: "int",
  maxage: "int",
  maxbackups: "int",
  localtime: "bool",
  compress: "bool",
};

/** Of etcd's `--log-rotation-config-json`. Throws in its words. */
export function parseRotation(text: string): Rotation {
  const found = objectOf(text);
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(found)) {
    // Go takes names in any case, and nothing for what it is without.
    const field = name.toLowerCase();
    const kind = KINDS[field];
    if (kind === undefined || value === null) continue;
    const fits = kind === "bool" ? typeof value === "boolean" : Number.isSafeInteger(value);
    if (!fits)
      throw new Error(
        `invalid log rotation config: json: cannot unmarshal ${kindOf(value)} into Go struct field logRotationConfig.Logger.${field} of type ${kind}`,
      );
    values[field] = value;
  }
  const number = (field: string) => Number(values[field] ?? 0);
  return {
    maxSize: number("maxsize"),
    maxAge: number("maxage"),
    maxBackups: number("maxbackups"),
    isLocalTime: values["localtime"] === true,
    isCompressed: values["compress"] === true,
  };
}

function objectOf(text: string): Record<string, unknown> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const isShort =
      message.startsWith("Unexpected end") || /^(Expected|Unterminated) .* at position (\d+)/.test(message);
    const isCutOff = isShort && Number(/position (\d+)/.exec(message)?.[1] ?? text.length) >= text.length;
    const reason = isCutOff ? "unexpected end of JSON input" : message;
    throw new Error(`improperly formatted log rotation config: ${reason}`);
  }
  if (found === null) return {};
  if (typeof found !== "object" || Array.isArray(found))
    throw new Error(
      `invalid log rotation config: json: cannot unmarshal ${kindOf(found)} into Go value of type embed.logRotationConfig`,
    );
  return found as Record<string, unknown>;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "number" && !Number.isInteger(value) ? `number ${value}` : typeof value;
}
