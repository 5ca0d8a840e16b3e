import { UserError } from "../report/steps.ts";
import { isInstalled, run, tryRun } from "./run.ts";

let hasUpdated = false;

/** Installs packages of the distribution; `what` is named when that is not possible here. */
export async function installPackages(
  what: string,
  packages: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  if (!(await isInstalled("apt-get")) || process.getuid?.() !== 0) {
    throw new UserError(
      `${what} is missing, and cannot be installed from here (it needs root and a Debian-like system). Please install it and run this again.`,
    );
  }
  await updatePackageLists(onLine);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const args = ["install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", ...packages];
  await run("apt-get", args, { env, onLine });
}

export async function updatePackageLists(onLine: (line: string) => void): Promise<void> {
  if (hasUpdated) return;
  const result = await tryRun("apt-get", ["update", "-q", "-o", "DPkg::Lock::Timeout=120"], { onLine });
  if (result.code !== 0) throw new UserError(`apt-get update failed:\n${result.stderr}`);
  hasUpdated = true;
}
