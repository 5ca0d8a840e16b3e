import { deepEqual } from "@drydock/apimachinery";
import type { RemoteSwagger } from "../aggregation/remote-openapi.ts";
import type { SwaggerDocument, SwaggerPathItem, SwaggerSchema } from "./swagger-document.ts";

const REF = "#/definitions/";

/** Adds what other servers document. Where two mean different things by one name, the later one's is renamed, as upstream does. */
export function mergeSwagger(own: SwaggerDocument, others: readonly RemoteSwagger[]): SwaggerDocument {
  const paths = { ...own.paths };
  const definitions: Record<string, SwaggerSchema> = { ...own.definitions };
  for (const other of others) {
    const renamed = new Map<string, string>();
    for (const [name, definition] of Object.entries(other.definitions)) {
      const there = definitions[name];
      if (there === undefined || isSame(there, definition as SwaggerSchema)) continue;
      renamed.set(name, freeName(name, definitions));
    }
    const rewrite = <T>(value: T): T => (renamed.size === 0 ? value : rename(value, renamed));
    for (const [name, definition] of Object.entries(other.definitions))
      definitions[renamed.get(name) ?? name] ??= rewrite(definition as SwaggerSchema);
    for (const [path, item] of Object.entries(other.paths)) paths[path] ??= rewrite(item as SwaggerPathItem);
  }
  return { ...own, paths, definitions };
}

/** Which kinds use a schema does not make it another. */
function isSame(one: SwaggerSchema, other: SwaggerSchema): boolean {
  const { "x-kubernetes-group-version-kind": _one, ...rest } = one;
  const { "x-kubernetes-group-version-kind": _other, ...same } = other;
  return deepEqual(rest, same);
}

function freeName(name: string, definitions: Readonly<Record<string, unknown>>): string {
  for (let number = 2; ; number++) if (definitions[`${name}_v${number}`] === undefined) return `${name}_v${number}`;
}

function rename<T>(value: T, renamed: ReadonlyMap<string, string>): T {
  const text = JSON.stringify(value, (key, inner: unknown) => {
    if (key !== "$ref" || typeof inner !== "string" || !inner.startsWith(REF)) return inner;
    const name = inner.slice(REF.length);
    return `${REF}${renamed.get(name) ?? name}`;
  });
  return JSON.parse(text) as T;
}
