import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { files, read, root, type Workspace, workspaceOf, workspaces } from "./repository.ts";
import { sources } from "./sources.ts";

interface LockEntry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock: { packages: Record<string, LockEntry> } = JSON.parse(read("package-lock.json"));

describe("dependencies", () => {
  it("are declared where they are imported: hoisting would hide a missing one", () => {
    const missing = sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, line }) => {
        const name = packageOf(specifier);
        const workspace = workspaceOf(path);
        if (name === undefined || !workspace) return [];
        if (name in workspace.dependencies) return [];
        if (name in workspace.devDependencies && isDevelopmentOnly(path)) return [];
        return [`${path}:${line} imports ${specifier}, which ${workspace.directory}/package.json does not declare`];
      }),
    );
    assert.deepEqual(missing, []);
  });

  it("are used where they are declared", () => {
    const unused = workspaces.flatMap((workspace) => {
      const used = usedBy(workspace);
      return [...Object.keys(workspace.dependencies), ...Object.keys(workspace.devDependencies)]
        .filter((name) => !used.has(name.replace("@types/", "")))
        .map((name) => `${workspace.directory}/package.json declares ${name}`);
    });
    assert.deepEqual(unused, []);
  });

  it("have one exact version each in the whole repository", () => {
    const versions = new Map<string, string>();
    const wrong: string[] = [];
    for (const { directory, dependencies, devDependencies } of [...workspaces, rootManifest()]) {
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        const first = versions.get(name) ?? version;
        versions.set(name, first);
        if (version !== first || !/^\d+\.\d+\.\d+$/.test(version)) wrong.push(`${directory}: ${name} ${version}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it("export files that are there", () => {
    for (const { directory } of workspaces) {
      const { exports = {} } = JSON.parse(read(`${directory}/package.json`)) as { exports?: Record<string, string> };
      for (const target of Object.values(exports).filter((path) => !path.includes("*")))
        assert.ok(existsSync(join(root, directory, target)), `${directory}/package.json exports ${target}`);
    }
  });
});

describe("the lock file", () => {
  it("names no registry: whoever installs uses their own", () => {
    const named = Object.entries(lock.packages).filter(([, { resolved, link }]) => resolved !== undefined && !link);
    assert.deepEqual(named, []);
    assert.ok(files.includes(".npmrc") && !/^\s*registry\s*=/m.test(read(".npmrc")));
  });

  it("has the workspaces' own dependencies as their manifests declare them", () => {
    for (const { directory, dependencies, devDependencies } of workspaces) {
      const entry = lock.packages[directory] as LockEntry & { devDependencies?: object };
      assert.ok(entry, `${directory} is not in the lock file`);
      assert.deepEqual({ ...entry.dependencies }, dependencies, directory);
      assert.deepEqual({ ...entry.devDependencies }, devDependencies, directory);
    }
  });

  it("holds optional platform packages for both Linux processors, and none that nobody asks for", () => {
    const entries = Object.entries(lock.packages);
    const declared = new Set(entries.flatMap(([, entry]) => Object.keys(entry.optionalDependencies ?? {})));
    const nameOf = (path: string) => path.replace(/^.*node_modules\//, "");
    const present = new Set(entries.map(([path]) => nameOf(path)));
    const strays = entries.filter(([path, entry]) => entry.optional && entry.os && !declared.has(nameOf(path)));
    assert.deepEqual(strays, []);
    const wanted = [...declared].filter((name) => /linux-(x64|arm64)$/.test(name));
    assert.ok(wanted.length > 0);
    assert.deepEqual(
      wanted.filter((name) => !present.has(name)),
      [],
    );
  });
});

/** `@scope/name` of what is imported; nothing for relative imports and Node's own modules. */
function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:") || builtinModules.includes(specifier))
    return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function isDevelopmentOnly(path: string): boolean {
  return path.endsWith(".test.ts") || path.includes("/generate/") || path.startsWith("test/");
}

/** Imported packages; for what code generators reach by path, a string that names them; for the protocols, what generated code imports. */
function usedBy({ directory, dependencies, devDependencies }: Workspace): ReadonlySet<string> {
  const own = sources.filter(({ path }) => path.startsWith(`${directory}/`));
  const used = new Set(own.flatMap(({ imports }) => imports.map(({ specifier }) => packageOf(specifier) ?? "")));
  for (const name of [...Object.keys(dependencies), ...Object.keys(devDependencies)])
    if (own.some(({ path, text }) => path.includes("/generate/") && text.includes(`"${name}`))) used.add(name);
  if (directory === "proto") for (const name of ["@bufbuild/protobuf", "@grpc/grpc-js"]) used.add(name);
  return used;
}

function rootManifest(): Workspace {
  const { name, dependencies = {}, devDependencies = {} } = JSON.parse(read("package.json"));
  return { name, directory: ".", dependencies, devDependencies };
}
