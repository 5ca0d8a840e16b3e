export { type Compiled, compileCel, type Estimated, type Evaluated, estimateCel, Program } from "./compile.ts";
export type { CelEnvironment } from "./environment.ts";
export { type Budget, perCallCostLimit } from "./evaluate/meter.ts";
export type { Bindings } from "./evaluate/step.ts";
export {
  type AuthorizationCheck,
  type AuthorizationDecision,
  AuthorizerValue,
  authorizerType,
  type CheckAuthorization,
  resourceType,
} from "./functions/authorizer.ts";
export { adaptJson } from "./schema/adapt.ts";
export { cardinalityMax, type DeclaredSize, declaredSize } from "./schema/declared-size.ts";
export { escapeFieldName, unescapeFieldName } from "./schema/field-names.ts";
export type { CelSchema } from "./schema/schema.ts";
export { schemaType } from "./schema/schema-type.ts";
export {
  type CelType,
  dyn,
  formatType,
  isDyn,
  listType,
  mapType,
  type ObjectType,
  objectType,
  optionalType,
  simpleType,
} from "./types/cel-type.ts";
export { patchType } from "./types/patch-types.ts";
export { isEqual } from "./values/equality.ts";
export { type Json, type LongNumbers, toJson } from "./values/json.ts";
export { LazyObject, NativeMap } from "./values/map-value.ts";
export { mismatchedObjectName } from "./values/object-paths.ts";
export { EvaluationError, MapValue, OpaqueValue, Optional, type Value } from "./values/value.ts";
