import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LINE = /^\s*COMPOSE_PROJECT_NAME\s*=.*\n?/m;

/**
 * Makes compose, called by hand in this folder, speak of this lab: by itself it would name the project after the folder. A line in
 * `.env` is the one way that compose 1.29 and v2 share; the rest of that file is the user's.
 */
export function writeProjectName(root: string, name: string): void {
  const file = join(root, ".env");
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const line = `COMPOSE_PROJECT_NAME=${name}\n`;
  const rest = before.replace(LINE, "");
  const after = `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${line}`;
  if (!before.includes(line)) writeFileSync(file, after);
}

/** Takes the line back, and the file with it when nothing else was there. */
export function removeProjectName(root: string): void {
  const file = join(root, ".env");
  if (!existsSync(file)) return;
  const rest = readFileSync(file, "utf8").replace(LINE, "");
  if (rest.trim() === "") rmSync(file);
  else writeFileSync(file, rest);
}
