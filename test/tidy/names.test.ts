import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { files, read, workspaces } from "./repository.ts";
import { sources } from "./sources.ts";

/** A drawer for odds and ends fills up; what is in it belongs somewhere. */
const DRAWERS = /(^|[-/.])(utils?|helpers?|common|misc|stuff)([-/.]|$)/;
/** Names that other programs and customs give. */
const GIVEN = /^([A-Z]+(\.md)?|Dockerfile|\.[a-z-]+(\.json)?|\.ci|[a-z-]+\.config\.[a-z]+)$/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
const MAIN_LINES_MAX = 60;

describe("names", () => {
  it("of files and folders are kebab-case", () => {
    const parts = new Set(files.filter((path) => !path.includes("/testdata/")).flatMap((path) => path.split("/")));
    const wrong = [...parts].filter((part) => !KEBAB.test(part) && !GIVEN.test(part));
    assert.deepEqual(wrong, []);
  });

  it("say what is inside: there is no drawer for odds and ends", () => {
    assert.deepEqual(
      files.filter((path) => DRAWERS.test(path)),
      [],
    );
  });

  it("of tests lead to what they test: x.test.ts stands beside the sources of its room", () => {
    const stray = sources
      .map(({ path }) => path)
      .filter((path) => path.endsWith(".test.ts") && !path.startsWith("test/"))
      .filter((path) => !files.some((other) => dirname(other) === dirname(path) && !other.endsWith(".test.ts")));
    assert.deepEqual(stray, []);
  });

  it("of workspaces are those of their folders", () => {
    const wrong = workspaces.filter(({ name, directory }) => name !== `@drydock/${basename(directory)}`);
    assert.deepEqual(wrong, []);
  });
});

describe("every service", () => {
  const services = workspaces.map(({ directory }) => directory).filter((path) => path.startsWith("services/"));

  for (const service of services) {
    it(`${basename(service)} has a main that fits on a screen, its flags, a start and a page about it`, () => {
      for (const name of ["src/main.ts", "src/config.ts", "src/start.ts", "README.md"])
        assert.ok(files.includes(`${service}/${name}`), `${service}/${name} is missing`);
      const lines = read(`${service}/src/main.ts`).split("\n").length;
      assert.ok(lines <= MAIN_LINES_MAX, `${service}/src/main.ts has ${lines} lines`);
    });
  }
});
