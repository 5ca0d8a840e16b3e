import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { renderFlags, renderPorts, renderResources } from "./reference.ts";
import { renderAdmission } from "./reference-admission.ts";
import { renderErrors } from "./reference-errors.ts";
import { root } from "./repository.ts";

/** Pages under docs/reference/ that are written by this test (`DRYDOCK_UPDATE=1`) and compared by it otherwise. */
const PAGES: Readonly<Record<string, () => string>> = {
  "docs/reference/admission.md": renderAdmission,
  "docs/reference/errors.md": renderErrors,
  "docs/reference/flags.md": renderFlags,
  "docs/reference/ports.md": renderPorts,
  "docs/reference/resources.md": renderResources,
};

describe("the reference", () => {
  for (const [path, render] of Object.entries(PAGES)) {
    it(`${path} says what the code says`, () => {
      const target = join(root, path);
      const expected = render();
      if (process.env["DRYDOCK_UPDATE"] === "1") {
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, expected);
      }
      const actual = existsSync(target) ? readFileSync(target, "utf8") : "";
      assert.equal(actual, expected, "DRYDOCK_UPDATE=1 npx mocha test/tidy/reference.test.ts rewrites it");
    });
  }
});
