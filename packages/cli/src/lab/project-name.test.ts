import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeProjectName, writeProjectName } from "./project-name.ts";

describe("the project's name in .env", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "drydock-env-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const text = () => readFileSync(join(root, ".env"), "utf8");

  it("comes and goes with the file when nothing else is there", () => {
    writeProjectName(root, "lab");
    writeProjectName(root, "lab");
    assert.equal(text(), "COMPOSE_PROJECT_NAME=lab\n");
    removeProjectName(root);
    assert.equal(existsSync(join(root, ".env")), false);
    removeProjectName(root);
  });

  it("leaves the user's settings as they are", () => {
    writeFileSync(join(root, ".env"), "DRYDOCK_SUBNET=172.31.0");
    writeProjectName(root, "first");
    writeProjectName(root, "second");
    assert.equal(text(), "DRYDOCK_SUBNET=172.31.0\nCOMPOSE_PROJECT_NAME=second\n");
    removeProjectName(root);
    assert.equal(text(), "DRYDOCK_SUBNET=172.31.0\n");
  });
});
