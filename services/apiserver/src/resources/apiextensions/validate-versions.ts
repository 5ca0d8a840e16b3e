import { deepEqual, FieldPath, fieldErrors, isDns1035Label } from "@drydock/apimachinery";
import type { V1CustomResourceDefinitionVersion } from "@drydock/kube-api";
import type { Structural } from "../../custom-resources/schema/structural.ts";
import type { Finding } from "../meta/rules.ts";
import { validateSchema } from "./validate-schema.ts";
import { validateColumns, validateScale, validateSelectableFields } from "./validate-version-parts.ts";

type Version = V1CustomResourceDefinitionVersion;
type Parts = Pick<Version, "schema" | "subresources" | "additionalPrinterColumns" | "selectableFields">;
const PARTS = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"] as const;

interface SplitParts {
  /** What all versions have alike: upstream holds it once, and tells of it there. */
  readonly shared: Parts;
  /** A version without that. */
  own(version: Version): Version;
}

export function splitParts(versions: readonly Version[]): SplitParts {
  const [first] = versions;
  const names = PARTS.filter((name) => versions.every((version) => deepEqual(version[name], first?.[name])));
  const shared: Parts = Object.fromEntries(names.map((name) => [name, first?.[name]]));
  const own = (version: Version) =>
    Object.fromEntries(
      Object.entries(version).filter(([name]) => !names.some((part) => part === name)),
    ) as unknown as Version;
  return { shared, own };
}

/** `before` are the versions that are stored: what they have cost once they may. */
export function validateVersion(version: Version, path: FieldPath, shared: Parts, before: readonly Version[]): Finding {
  const { name = "", deprecated, deprecationWarning } = version;
  const texts = isDns1035Label(name);
  const isWithoutSchema = !(shared.schema ?? version.schema)?.openAPIV3Schema;
  return [
    texts.length > 0 && fieldErrors.invalid(path.child("name"), name, texts.join(",")),
    deprecationWarning !== undefined &&
      !deprecated &&
      fieldErrors.invalid(
        path.child("deprecationWarning"),
        deprecationWarning,
        "can only be set for deprecated versions",
      ),
    isWithoutSchema && fieldErrors.required(path.child("schema", "openAPIV3Schema")),
    validateParts(version, path, path.child("schema"), schemaBefore(before, name), shared.schema),
  ];
}

export function validateShared(parts: Parts, first: string | undefined, before: readonly Version[]): Finding {
  const path = FieldPath.of("spec");
  return validateParts(parts, path, path.child("validation"), schemaBefore(before, first));
}

function validateParts(
  { schema, subresources, additionalPrinterColumns, selectableFields }: Parts,
  path: FieldPath,
  schemaPath: FieldPath,
  before: Structural | undefined,
  outer?: Version["schema"],
): Finding {
  const root = schema?.openAPIV3Schema as Structural | undefined;
  return [
    root && validateSchema(root, schemaPath.child("openAPIV3Schema"), before),
    subresources?.scale && validateScale(subresources.scale, path.child("subresources", "scale")),
    validateColumns(additionalPrinterColumns, path.child("additionalPrinterColumns")),
    validateSelectableFields(
      selectableFields,
      root ?? (outer?.openAPIV3Schema as Structural | undefined),
      path.child("selectableFields"),
    ),
  ];
}

function schemaBefore(before: readonly Version[], name: string | undefined): Structural | undefined {
  return before.find((version) => version.name === name)?.schema?.openAPIV3Schema as Structural | undefined;
}
