import { installPackages } from "./apt.ts";
import { isInstalled } from "./run.ts";

/** kubectl of whatever version is there; the distribution's where there is none. */
export async function ensureKubectl(progress: (text: string) => void): Promise<string> {
  if (await isInstalled("kubectl")) return "present";
  progress("installing kubernetes-client");
  await installPackages("kubectl", ["kubernetes-client"], progress);
  return "installed kubernetes-client";
}
