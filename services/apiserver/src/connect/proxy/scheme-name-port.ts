/** Whom a proxied request is for: `name`, `name:port` or `scheme:name:port`. */
export interface SchemeNamePort {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** A number, the name of a Service's port, or empty. */
  readonly port: string;
}

/** Undefined for what is none. */
export function parseSchemeNamePort(text: string): SchemeNamePort | undefined {
  const parts = text.split(":");
  if (parts.length > 3) return undefined;
  const [scheme = "", name = "", port = ""] = parts.length === 3 ? parts : ["", ...parts];
  if (name === "" || (scheme !== "" && scheme !== "http" && scheme !== "https")) return undefined;
  return { scheme: scheme || "http", name, port } as SchemeNamePort;
}
