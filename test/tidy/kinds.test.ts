import assert from "node:assert/strict";
import * as kubeApi from "@drydock/kube-api";
import { isCallExpression, isIdentifier, isStringLiteral, type Node, SyntaxKind } from "typescript/unstable/ast";
import { sourceAt, sources, walk } from "./sources.ts";

/** The kinds that the apiserver stores, as their declarations say. */
const declared = sources
  .filter(({ path }) => path.startsWith("services/apiserver/src/resources/"))
  .flatMap(({ path, tree }) => {
    const found: { path: string; resource: string; isNamespaced: boolean }[] = [];
    walk(tree, (node) => {
      if (!isCallExpression(node) || !isIdentifier(node.expression) || node.expression.text !== "defineKind") return;
      const properties =
        (node.arguments[0] as (Node & { properties?: readonly Property[] }) | undefined)?.properties ?? [];
      const initializerOf = (name: string) => properties.find((property) => property.name?.text === name)?.initializer;
      const resource = initializerOf("resource");
      assert.ok(resource && isStringLiteral(resource), `${path}: a kind names its resource in a literal`);
      const isNamespaced = initializerOf("isNamespaced")?.kind !== SyntaxKind.FalseKeyword;
      found.push({ path, resource: resource.text, isNamespaced });
    });
    return found;
  });

interface Property {
  readonly name?: { readonly text: string };
  readonly initializer?: Node;
}

/** References for typed clients, by the name under which they are exported. */
const references = Object.entries(kubeApi).flatMap(([name, value]) =>
  typeof value === "object" && "resource" in value ? [{ name, resource: value.resource }] : [],
);

describe("a stored kind", () => {
  it("is known to typed clients", () => {
    assert.ok(declared.length > 15);
    const unknown = declared.filter(({ resource }) => !references.some((reference) => reference.resource === resource));
    assert.deepEqual(unknown, [], "add it to packages/kube-api/src/resources.ts");
  });

  it("goes away with its namespace, and with its owner", () => {
    const list = "services/controller-manager/src/controllers/namespaced-resources.ts";
    const imported = new Set(sourceAt.get(list)?.imports.flatMap(({ names }) => names));
    const forgotten = declared.filter(
      ({ resource, isNamespaced }) =>
        isNamespaced &&
        !references.some((reference) => reference.resource === resource && imported.has(reference.name)),
    );
    assert.deepEqual(forgotten, [], `add it to ${list}`);
  });
});
