import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { files, read } from "./repository.ts";

describe("data files", () => {
  it("in JSON parse, without comments, for whoever reads them with other tools", () => {
    const found = files
      .filter((path) => path.endsWith(".json"))
      .flatMap((path) => problemsOf(path, (text) => JSON.parse(text)));
    assert.deepEqual(found, []);
  });

  it("in YAML parse, with each key once", () => {
    const found = files
      .filter((path) => /\.ya?ml$/.test(path))
      .flatMap((path) =>
        problemsOf(path, (text) => {
          for (const { errors, warnings } of parseAllDocuments(text, { uniqueKeys: true }))
            for (const problem of [...errors, ...warnings]) throw problem;
        }),
      );
    assert.deepEqual(found, []);
  });
});

function problemsOf(path: string, parse: (text: string) => void): string[] {
  try {
    parse(read(path));
    return [];
  } catch (error) {
    return [`${path}: ${error instanceof Error ? error.message : error}`];
  }
}
