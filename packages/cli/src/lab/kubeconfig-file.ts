import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import {
  connectionOf,
  createKubeconfig,
  type Kubeconfig,
  mergeKubeconfig,
  parseKubeconfig,
  removeFromKubeconfig,
  renderKubeconfig,
} from "@drydock/pki";
import { UserError } from "../report/steps.ts";

/** The file that kubectl would write to: the first of $KUBECONFIG, else ~/.kube/config. */
function kubeconfigPath(): string {
  const first = (process.env["KUBECONFIG"] ?? "").split(":").find((path) => path !== "");
  return first ?? join(homedir(), ".kube", "config");
}

/** Adds the lab's context and makes it the current one; everything else in the file stays. */
export function addContext(name: string, adminConfPath: string): string {
  const admin = parseKubeconfig(readFileSync(adminConfPath, "utf8"));
  const connection = connectionOf(admin, (path) => readFileSync(path, "utf8"));
  const path = kubeconfigPath();
  write(path, mergeKubeconfig(read(path), createKubeconfig(name, connection)));
  return path;
}

export function removeContext(name: string): void {
  const path = kubeconfigPath();
  if (!existsSync(path)) return;
  const config = read(path);
  const isThere = [...(config.contexts ?? []), ...(config.clusters ?? []), ...(config.users ?? [])].some(
    (entry) => entry.name === name,
  );
  if (isThere) write(path, removeFromKubeconfig(config, name));
}

function read(path: string): Kubeconfig {
  if (!existsSync(path)) return {};
  try {
    return parseKubeconfig(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`${path} cannot be read as a kubeconfig and is left alone: ${(error as Error).message}`);
  }
}

function write(path: string, config: Kubeconfig): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.drydock-tmp`;
  writeFileSync(temporary, renderKubeconfig(config), { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
