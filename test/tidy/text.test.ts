import assert from "node:assert/strict";
import { files, read, root } from "./repository.ts";

/** What would tie the repository to one machine or one registry. */
const TIES: readonly RegExp[] = [
  /(?<![\w.-])\/(?:home|Users)\/[a-z]\w*\//,
  /\b[A-Z]:\\Users\\/,
  /\bregistry\.(?:npmjs|yarnpkg)\.\w/,
  /\bregistry=https?:/,
  /\/\/[\w.-]+\.(?:internal|local|corp|lan)(?=[:/])/,
];
const BINARY = /(^images\/.*\/pause|\.(png|ico|gz|db))$/;

/** Where this clone lies, unless that is a name like `/app`, which containers use too. */
const isTelling = root.split("/").length > 3;

const texts = files.filter((path) => !BINARY.test(path)).map((path) => ({ path, text: read(path) }));

describe("the text of the repository", () => {
  it("names no path of one machine and no package registry", () => {
    const found = texts.flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) => {
        const tie = TIES.map((pattern) => pattern.exec(line)?.[0]).find((match) => match !== undefined);
        const here = isTelling && line.includes(`${root}/`) ? root : undefined;
        return tie || here ? [`${path}:${index + 1}: ${tie ?? here}`] : [];
      }),
    );
    assert.deepEqual(found, []);
  });

  it("ends its lines and files as text does: no carriage returns, no blanks at line ends, one newline at the end", () => {
    const found = texts
      .filter(({ path }) => !path.includes("/testdata/") && path !== "LICENSE")
      .filter(({ text }) => text !== "" && (/\r|[ \t]\n/.test(text) || !/[^\n]\n$/.test(text)))
      .map(({ path }) => path);
    assert.deepEqual(found, []);
  });

  it("holds no conflict markers", () => {
    const marker = new RegExp(`^(${"<".repeat(7)} |${">".repeat(7)} )`, "m");
    assert.deepEqual(
      texts.filter(({ text }) => marker.test(text)).map(({ path }) => path),
      [],
    );
  });
});
