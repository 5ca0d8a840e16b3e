import assert from "node:assert/strict";
import { callOf, literalOf, propertiesOf } from "./object-literals.ts";
import { sources, walk } from "./sources.ts";

/** A kind as its declaration says. */
export interface DeclaredKind {
  readonly path: string;
  readonly kind: string;
  readonly resource: string;
  readonly isNamespaced: boolean;
  readonly schema: string;
  readonly shortNames: readonly string[];
  readonly hasStatus: boolean;
  readonly hasScale: boolean;
  readonly subresources: readonly string[];
}

/** The kinds that the apiserver stores. */
export const declaredKinds: readonly DeclaredKind[] = sources
  .filter(({ path }) => path.startsWith("services/apiserver/src/resources/"))
  .flatMap(({ path, tree }) => {
    const found: DeclaredKind[] = [];
    walk(tree, (node) => {
      const call = callOf(node);
      if (call?.name !== "defineKind") return;
      const properties = new Map(propertiesOf(call.args[0]));
      const text = (name: string): string => {
        const value = literalOf(properties.get(name));
        assert.ok(typeof value === "string", `${path}: a kind says its ${name} in a literal`);
        return value;
      };
      const subresources = new Map(propertiesOf(properties.get("subresources")));
      found.push({
        path,
        kind: text("kind"),
        resource: text("resource"),
        schema: text("schema"),
        isNamespaced: literalOf(properties.get("isNamespaced")) !== false,
        shortNames: texts(literalOf(properties.get("shortNames"))),
        hasStatus: subresources.has("status"),
        hasScale: subresources.has("scale"),
        subresources: texts(literalOf(subresources.get("other"))),
      });
    });
    return found;
  });

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
