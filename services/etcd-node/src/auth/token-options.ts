export type TokenOptions =
  | { readonly kind: "simple" }
  | {
      readonly kind: "jwt";
      readonly algorithm: string;
      readonly publicKeyFile: string | undefined;
      readonly privateKeyFile: string | undefined;
      readonly ttlSeconds: number;
    };

const JWT_OPTIONS = ["pub-key", "priv-key", "sign-method", "ttl"];
const ALGORITHMS = /^((RS|PS|ES|HS)(256|384|512)|EdDSA)$/;
const DEFAULT_TTL_MS = 5 * 60 * 1000;

/** `--auth-token`: `simple`, or `jwt,name=value,…`. Throws on nonsense. `parseMs` reads Go's durations. */
export function parseTokenOptions(text: string, parseMs: (text: string) => number): TokenOptions {
  const [kind, ...pairs] = text.split(",");
  if (kind === "simple" && pairs.length === 0) return { kind };
  if (kind !== "jwt") throw new Error(`--auth-token: "${text}" is neither simple nor jwt with its options`);
  const options = new Map<string, string>();
  for (const pair of pairs) {
    const [name = "", value, ...rest] = pair.split("=");
    if (value === undefined || rest.length > 0 || options.has(name) || !JWT_OPTIONS.includes(name))
      throw new Error(`--auth-token: "${pair}" is not an option of jwt`);
    options.set(name, value);
  }
  const algorithm = options.get("sign-method") ?? "";
  if (!ALGORITHMS.test(algorithm)) throw new Error(`--auth-token: sign-method "${algorithm}" is not known`);
  const publicKeyFile = options.get("pub-key");
  const privateKeyFile = options.get("priv-key");
  if (!publicKeyFile && !privateKeyFile) throw new Error("--auth-token: jwt needs a pub-key or a priv-key");
  const ttl = options.get("ttl");
  const ttlSeconds = Math.round((ttl === undefined ? DEFAULT_TTL_MS : parseMs(ttl)) / 1000);
  if (ttlSeconds <= 0) throw new Error("--auth-token: ttl is not a positive duration");
  return { kind: "jwt", algorithm, publicKeyFile, privateKeyFile, ttlSeconds };
}
