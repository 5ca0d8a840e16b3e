export { type ApplyConflict, type ApplyVerdict, applyConfiguration } from "./apply-configuration.ts";
export { FieldSet } from "./field-set.ts";
export { compareValues, fieldsOfValue } from "./fields-of-value.ts";
export { type ManagedFields, type Manager, parseManagedFields, renderManagedFields } from "./managers.ts";
export { type MergeVerdict, mergeConfiguration } from "./merge-configuration.ts";
export { elementOfItem, renderElement, shapeOfField } from "./path-element.ts";
export { trackUpdate } from "./track-update.ts";
export type { KindVersions, Tracking, UnsetFields, VersionShape } from "./tracking.ts";
export { atom, type TypeShape } from "./type-shape.ts";
