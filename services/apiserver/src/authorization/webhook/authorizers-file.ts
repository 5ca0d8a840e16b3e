import type { Logger } from "@drydock/component";
import type { ReloadMetrics } from "../../tls/reload-metrics.ts";
import { WatchedFile } from "../../tls/watched-file.ts";
import type { Authorizer } from "../authorizer.ts";
import { type ConfiguredAuthorizer, parseAuthorizers } from "./authorization-config.ts";

/**
 * The authorizers of an AuthorizationConfiguration, as the file says now. A change that cannot be used leaves those of before; so does one
 * that takes away what is no webhook.
 */
export async function openAuthorizers(
  path: string,
  make: (entry: ConfiguredAuthorizer) => Authorizer,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: ReloadMetrics },
): Promise<WatchedFile<readonly Authorizer[]>> {
  let required: readonly string[] | undefined;
  const read = (bytes: Buffer) => {
    const entries = parseAuthorizers(bytes.toString("utf8"));
    const types = entries.map(({ type }) => type).filter((type) => type !== "Webhook");
    const missing = (required ?? []).filter((type) => !types.some((other) => other === type));
    if (missing.length > 0) throw new Error(`missing required types: [${missing.join(" ")}]`);
    const authorizers = entries.map(make);
    required ??= types;
    metrics.loaded(bytes);
    return authorizers;
  };
  try {
    const file = await WatchedFile.open(path, read, logger);
    file.onFailure(() => metrics.failed());
    return file;
  } catch (cause) {
    throw new Error(`--authorization-config: ${path}: ${(cause as Error).message}`, { cause });
  }
}
