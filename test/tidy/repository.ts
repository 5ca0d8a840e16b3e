import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The clone, as its readers see it: what is installed, generated or written at run time is left out. */

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const NOT_OURS = new Set([".git", ".drydock", "node_modules", "dist", "generated", "gen"]);

/** Paths of all files, relative to the root, sorted. */
export const files: readonly string[] = readdirSync(root, { withFileTypes: true })
  .flatMap((entry) => (NOT_OURS.has(entry.name) ? [] : entry.isDirectory() ? filesBelow(entry.name) : [entry.name]))
  .filter((path) => path !== ".git" && !path.endsWith(".log"))
  .sort();

function filesBelow(directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export interface Workspace {
  /** `@drydock/raft`. */
  readonly name: string;
  /** `packages/raft`. */
  readonly directory: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export const workspaces: readonly Workspace[] = files
  .filter((path) => /^[^/]+(\/[^/]+)?\/package\.json$/.test(path))
  .map((path) => {
    const { name, dependencies = {}, devDependencies = {} } = JSON.parse(read(path));
    return { name, directory: path.replace(/\/package\.json$/, ""), dependencies, devDependencies };
  });

export function workspaceOf(path: string): Workspace | undefined {
  return workspaces.find(({ directory }) => path.startsWith(`${directory}/`));
}
