import { type FieldError, type FieldErrorType, FieldPath, fieldErrors, type KubeObject } from "@drydock/apimachinery";
import type { V1CustomResourceDefinitionVersion } from "@drydock/kube-api";
import type { Strategy, Subresources } from "../registry/definition.ts";
import { separateStatus } from "../resources/meta/define-kind.ts";
import type { CustomObject } from "./definition-types.ts";
import { scaleByPaths } from "./scale-paths.ts";
import { validateEmbedded } from "./schema/embedded.ts";
import { validateListTypes } from "./schema/list-types.ts";
import { compileRules, type RuleTree, validateRules } from "./schema/rules.ts";
import { setDefaults } from "./schema/set-defaults.ts";
import type { Structural } from "./schema/structural.ts";
import { validateValue } from "./schema/validate-value.ts";

/** What is peculiar to a custom kind: all from the schema of one version. */
export function customStrategy(version: V1CustomResourceDefinitionVersion, schema: Structural): Strategy<KubeObject> {
  const hasStatus = version.subresources?.status !== undefined;
  const judge = judgeBy(schema);
  return {
    setDefaults: (object) => setDefaults(object, schema),
    prepareForCreate: hasStatus ? separateStatus.main.prepareForCreate : () => {},
    validate: (object) => judge(object, undefined),
    prepareForUpdate: hasStatus ? separateStatus.main.prepareForUpdate : () => {},
    validateUpdate: (object, old) => judge(object, old),
    generationOf(object) {
      const { metadata: _, status, ...rest } = object as CustomObject;
      return hasStatus ? rest : { ...rest, status };
    },
    allowUnconditionalUpdate: false,
  };
}

export function customSubresources(
  version: V1CustomResourceDefinitionVersion,
  schema: Structural,
): Subresources<KubeObject> {
  const { status, scale } = version.subresources ?? {};
  const judge = judgeBy(schema);
  return {
    ...(status !== undefined && {
      status: {
        resetFields: separateStatus.statusAlone.resetFields,
        prepareForUpdate: keepAllButStatus,
        validateUpdate: (object: KubeObject, old: KubeObject) => judge(object, old),
      },
    }),
    ...(scale && { scale: scaleByPaths(scale) }),
  };
}

/** Of metadata, a status update changes who manages what and nothing else. */
function keepAllButStatus(object: KubeObject, old: KubeObject): void {
  separateStatus.status.prepareForUpdate(object, old);
  const { managedFields, resourceVersion } = object.metadata;
  object.metadata = { ...old.metadata, resourceVersion };
  if (managedFields) object.metadata.managedFields = managedFields;
}

const trees = new WeakMap<Structural, { tree: RuleTree | undefined }>();

/** Rules are compiled when the first object is judged. */
function rulesOf(schema: Structural): RuleTree | undefined {
  let known = trees.get(schema);
  if (!known) {
    known = { tree: compileRules(schema) };
    trees.set(schema, known);
  }
  return known.tree;
}

/** After these, rules would judge what cannot be judged. */
const blocking: ReadonlySet<FieldErrorType> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

function judgeBy(schema: Structural): (object: KubeObject, old: KubeObject | undefined) => FieldError[] {
  return (object, old) => {
    const errors = [
      ...validateValue(object, schema, old),
      ...validateEmbedded(object, schema),
      ...validateListTypes(object, schema, old),
    ];
    const tree = rulesOf(schema);
    if (!tree) return errors;
    if (!errors.some(({ type }) => blocking.has(type))) return [...errors, ...validateRules(tree, object, old)];
    const why =
      "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
    return [...errors, fieldErrors.invalid(FieldPath.of("<nil>"), null, why)];
  };
}
