import assert from "node:assert/strict";
import { builtinModules } from "node:module";
import { sources } from "./sources.ts";

/** Node runs the sources as they are; what the compiler alone would resolve does not start. */
describe("import specifiers", () => {
  it("of local files end in .ts", () => {
    assert.deepEqual(
      specifiersThat((specifier) => specifier.startsWith(".") && !specifier.endsWith(".ts")),
      [],
    );
  });

  it("of Node's own modules begin with node:, so that no package can take their place", () => {
    const bare = new Set(builtinModules);
    assert.deepEqual(
      specifiersThat((specifier) => bare.has(specifier) && !specifier.startsWith("node:")),
      [],
    );
  });
});

function specifiersThat(isWrong: (specifier: string) => boolean): string[] {
  return sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier }) => isWrong(specifier))
      .map(({ specifier, line }) => `${path}:${line} imports ${specifier}`),
  );
}
