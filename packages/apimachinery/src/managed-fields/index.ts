export { type ApplyConflict, type ApplyVerdict, applyConfiguration } from "./apply-configuration.ts";
export { FieldSet } from "./field-set.ts";
export { fieldsOfValue } from "./fields-of-value.ts";
export { type Manager, parseManagedFields } from "./managers.ts";
export { type MergeVerdict, mergeConfiguration } from "./merge-configuration.ts";
export { type Tracking, trackUpdate } from "./track-update.ts";
export { atom, type TypeShape } from "./type-shape.ts";
