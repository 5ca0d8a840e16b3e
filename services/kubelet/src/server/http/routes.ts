import type { NodeHandler } from "./node-exchange.ts";

/** A path of the kubelet's, `{name}` standing for any one segment and a final `{name:*}` for all that is left. */
export interface NodeRoute {
  readonly path: string;
  /** Undefined takes any. */
  readonly methods?: readonly string[];
  readonly handle: NodeHandler;
}

export type RouteVerdict =
  | { readonly kind: "found"; readonly handle: NodeHandler; readonly parameters: Readonly<Record<string, string>> }
  /** Nothing of the kubelet's begins like this. */
  | { readonly kind: "unknown" }
  /** Its beginning is known, the whole is not. */
  | { readonly kind: "notFound" }
  | { readonly kind: "methodNotAllowed"; readonly allowed: readonly string[] };

export function findRoute(routes: readonly NodeRoute[], method: string, path: string): RouteVerdict {
  const segments = split(path);
  const fitting = routes.flatMap((route) => {
    const parameters = match(split(route.path), segments);
    return parameters ? [{ route, parameters }] : [];
  });
  const found = fitting.find(({ route }) => !route.methods || route.methods.includes(method));
  if (found) return { kind: "found", handle: found.route.handle, parameters: found.parameters };
  if (fitting.length > 0)
    return { kind: "methodNotAllowed", allowed: [...new Set(fitting.flatMap(({ route }) => route.methods ?? []))] };
  const isKnown = routes.some((route) => route.path.includes("{") && split(route.path)[0] === segments[0]);
  return { kind: isKnown ? "notFound" : "unknown" };
}

function split(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  const hasTail = pattern.at(-1)?.endsWith(":*}") === true;
  if (hasTail ? segments.length < pattern.length - 1 : segments.length !== pattern.length) return undefined;
  for (const [index, part] of pattern.entries()) {
    const name = /^\{([^:}]+)(:\*)?\}$/.exec(part)?.[1];
    const segment = segments[index] ?? "";
    if (name === undefined) {
      if (part !== segment) return undefined;
    } else if (part.endsWith(":*}")) parameters[name] = segments.slice(index).join("/");
    else parameters[name] = segment;
  }
  return parameters;
}
