import assert from "node:assert/strict";
import type { KubeObject, StatusError } from "@drydock/apimachinery";
import { resources } from "../resources/index.ts";
import { applyPatch } from "./patch.ts";

const deployment = resources.find(({ kind }) => kind === "Deployment");
const custom = { group: "g.example.com", version: "v1", kind: "Thing", schema: "" };

const current = (apiVersion: string, kind: string): KubeObject => ({ apiVersion, kind, metadata: { name: "x" } });

function patched(patch: object, patchType: "merge" | "strategic-merge" = "merge", isCustom = false): KubeObject {
  const checkFields = (value: unknown) => ({ value: value as Record<string, unknown>, unknown: [], typeErrors: [] });
  const definition = isCustom ? { ...custom, custom: { checkFields } as never } : deployment;
  const object = isCustom ? current("g.example.com/v1", "Thing") : current("apps/v1", "Deployment");
  const document = { patchType: `application/${patchType}-patch+json`, patch } as never;
  return applyPatch(definition as never, object, document, "Ignore", () => {});
}

describe("the kind of what is patched", () => {
  const refused: [patch: object, code: number, message: RegExp, isCustom?: boolean][] = [
    [{ kind: "Nope" }, 422, /: no kind "Nope" is registered for version "apps\/v1" in scheme/],
    [{ apiVersion: "v1" }, 422, /: no kind "Deployment" is registered for version "v1"/],
    [{ kind: "StatefulSet" }, 422, /: converting \(v1.StatefulSet\) to \(apps.Deployment\): unknown conversion$/],
    [{ kind: 3 }, 422, /unmarshal number into Go struct field .kind of type string$/],
    [{ apiVersion: "a/b/c" }, 422, /: unexpected GroupVersion string: a\/b\/c$/],
    [
      { apiVersion: null },
      400,
      /^the name of the object \(x based on URL\) was undeterminable: name must be provided$/,
    ],
    [{ metadata: null }, 400, /was undeterminable: name must be provided$/],
    [{ kind: "Foo" }, 422, /^Foo.g.example.com "x" is invalid: kind: Invalid value: "Foo": must be Thing$/, true],
    [{ apiVersion: "v1" }, 422, /^Thing "x" is invalid: .*: must be g.example.com\/v1$/, true],
    [{ apiVersion: null }, 500, /Object 'apiVersion' is missing/, true],
  ];
  for (const [patch, code, message, isCustom = false] of refused) {
    it(`is not to be changed: ${JSON.stringify(patch)}${isCustom ? " of a custom kind" : ""}`, () => {
      assert.throws(
        () => patched(patch, "merge", isCustom),
        (error: StatusError) => {
          assert.equal(error.status.code, code);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  for (const patch of [{ kind: null }, { kind: "" }, { apiVersion: "apps/v1beta1" }, { apiVersion: "apps/v1" }]) {
    it(`stays what it is: ${JSON.stringify(patch)}`, () => {
      const { apiVersion, kind } = patched(patch);
      assert.deepEqual([apiVersion, kind], ["apps/v1", "Deployment"]);
    });
  }

  it("is nothing to a strategic patch", () =>
    assert.equal(patched({ kind: "Foo" }, "strategic-merge").kind, "Deployment"));
});
