import { formatGroupVersion } from "@drydock/apimachinery";
import { allSchemas } from "./schema.ts";

let index: ReadonlyMap<string, string> | undefined;

/** Kinds that are no group-version's own: options, statuses, metadata alone. */
const metaKinds = new Map(
  ["DeleteOptions", "Status", "PartialObjectMetadata", "PartialObjectMetadataList"].map((kind) => [
    kind,
    `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`,
  ]),
);

/** The schema name of a kind (`apps/v1`, `Deployment` → `io.k8s.api.apps.v1.Deployment`), or undefined. */
export function schemaNameOf(apiVersion: string, kind: string): string | undefined {
  index ??= buildIndex();
  return index.get(`${apiVersion} ${kind}`) ?? metaKinds.get(kind);
}

function buildIndex(): ReadonlyMap<string, string> {
  const entries = Object.entries(allSchemas()).flatMap(([name, schema]) =>
    (schema["x-kubernetes-group-version-kind"] ?? []).map((gvk): [string, string] => [
      `${formatGroupVersion(gvk)} ${gvk.kind}`,
      name,
    ]),
  );
  return new Map(entries);
}
