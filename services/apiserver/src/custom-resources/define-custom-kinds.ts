import type { KubeObject } from "@drydock/apimachinery";
import type { V1CustomResourceDefinition, V1CustomResourceDefinitionVersion } from "@drydock/kube-api";
import type { Conversion, ResourceDefinition } from "../registry/definition.ts";
import { checkCustomFields } from "./check-custom-fields.ts";
import { type ConvertObjects, customConversion } from "./conversion/custom-conversion.ts";
import { customSchemas, schemaNameFor } from "./custom-schema-document.ts";
import { customStrategy, customSubresources } from "./custom-strategy.ts";
import { schemaOfVersion, storagePrefixOf } from "./definition-types.ts";
import { parseJsonPath } from "./json-path.ts";
import { printerColumns } from "./printer-columns.ts";
import { shapeOfSchema } from "./schema/type-shape.ts";
import { compareVersions } from "./version-order.ts";

/** A definition for each version of a custom kind, served or not, the preferred one first. */
export function defineCustomKinds(crd: V1CustomResourceDefinition, convert: ConvertObjects): ResourceDefinition[] {
  const definitions: readonly ResourceDefinition[] = [...crd.spec.versions]
    .sort((a, b) => compareVersions(a.name, b.name))
    .map((version) => defineVersion(crd, version, customConversion(crd, version, convert), () => definitions));
  return [...definitions];
}

function defineVersion(
  crd: V1CustomResourceDefinition,
  version: V1CustomResourceDefinitionVersion,
  conversion: Conversion<KubeObject>,
  versions: () => readonly ResourceDefinition[],
): ResourceDefinition {
  const { spec, status } = crd;
  const names = status?.acceptedNames?.plural ? status.acceptedNames : spec.names;
  const schema = schemaOfVersion(version);
  const schemaName = schemaNameFor(crd, version.name);
  const subresources = customSubresources(version, schema);
  return {
    group: spec.group,
    version: version.name,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    isNamespaced: spec.scope === "Namespaced",
    schema: schemaName,
    storagePrefix: storagePrefixOf(crd),
    conversion,
    strategy: customStrategy(version, schema),
    ...deprecationOf(crd, version),
    columns: printerColumns(version.additionalPrinterColumns),
    ...(version.selectableFields && { selectableFields: selectableFieldsOf(version) }),
    ...(Object.keys(subresources).length > 0 && { subresources }),
    custom: {
      versions,
      shape: shapeOfSchema(schema),
      schemas: customSchemas(
        schemaName,
        names.kind,
        schema,
        version.selectableFields?.map(({ jsonPath }) => jsonPath),
      ),
      checkFields: (object) => checkCustomFields(object, schema),
    },
  };
}

function deprecationOf(
  { spec }: V1CustomResourceDefinition,
  { name, deprecated, deprecationWarning }: V1CustomResourceDefinitionVersion,
): Pick<ResourceDefinition, "deprecation"> {
  if (!deprecated) return {};
  return { deprecation: deprecationWarning ?? `${spec.group}/${name} ${spec.names.kind} is deprecated` };
}

/** `.spec.color` is selected as `spec.color`. */
function selectableFieldsOf({
  selectableFields,
}: V1CustomResourceDefinitionVersion): Record<string, (object: KubeObject) => string> {
  return Object.fromEntries(
    (selectableFields ?? []).map(({ jsonPath }) => {
      const path = parseJsonPath(jsonPath) ?? (() => []);
      return [jsonPath.replace(/^\./, ""), (object: KubeObject) => textOf(path(object)[0])];
    }),
  );
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
