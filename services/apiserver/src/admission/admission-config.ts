import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";

const VERSIONS = ["apiserver.config.k8s.io/v1", "apiserver.k8s.io/v1alpha1"];

interface RawConfiguration {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly plugins?: readonly { readonly name?: string; readonly path?: string; readonly configuration?: unknown }[];
}

/** What an AdmissionConfiguration says of plugins, by their names: an object for each, in the file itself or in one that it names. */
export type PluginConfigurations = ReadonlyMap<string, unknown>;

/** `path` may be empty for a server that is told nothing. Throws when a file cannot be read. */
export function readAdmissionConfig(path: string): PluginConfigurations {
  if (path === "") return new Map();
  try {
    return parsed(path);
  } catch (cause) {
    throw new Error(`--admission-control-config-file: failed to read plugin config: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function parsed(path: string): PluginConfigurations {
  const file = parse(readFileSync(path, "utf8")) as RawConfiguration | null;
  if (!VERSIONS.includes(file?.apiVersion ?? "") || file?.kind !== "AdmissionConfiguration")
    throw new Error(`no kind "${file?.kind ?? ""}" is registered for version "${file?.apiVersion ?? ""}"`);
  return new Map(
    (file.plugins ?? []).map(({ name = "", path: named = "", configuration }) => [
      name,
      named === "" ? configuration : parse(readFileSync(resolve(dirname(path), named), "utf8")),
    ]),
  );
}
