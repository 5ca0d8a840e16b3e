export { type CronSchedule, cronScheduleError, parseCronSchedule } from "./cron/cron-schedule.ts";
export { nextCronTime } from "./cron/next-cron-time.ts";
export { isTimeZone, openTimeZone } from "./cron/time-zone.ts";
export { deepClone, deepEqual, isRecord, setOwn } from "./deep.ts";
export { exactNumber, parseExactJson, stringifyJson, toInt64, withDigits } from "./exact-json.ts";
export {
  type FieldError,
  type FieldErrorType,
  fieldErrorBody,
  fieldErrorMessage,
  fieldErrors,
  omittedValue,
} from "./field-error.ts";
export { FieldPath } from "./field-path.ts";
export { type FieldRequirement, type FieldSelector, parseFieldSelector } from "./field-selector.ts";
export { goDouble, goText, goWordOf } from "./go-text.ts";
export { humanAge, humanDuration } from "./human-duration.ts";
export { ipFamilyOf, isValidIp, parseIpv4 } from "./ip.ts";
export { applyJsonPatch, type JsonPatchOperation, numbersAfterPatch } from "./json-patch.ts";
export {
  labelSelectorFromMap,
  labelSelectorFromObject,
  parseLabelSelector,
  type Requirement,
  type Selector,
} from "./label-selector.ts";
export * from "./managed-fields/index.ts";
export { applyMergePatch } from "./merge-patch.ts";
export * from "./meta.ts";
export * from "./names.ts";
export { assertJsonDepth, type ParsedJson, parseJson } from "./parse-json.ts";
export {
  canonicalQuantity,
  canonicalResourceQuantity,
  parseQuantity,
  Quantity,
  type QuantityFormat,
  quantityFormatMessage,
  tryParseQuantity,
} from "./quantity.ts";
export {
  alreadyExists,
  badRequest,
  conflict,
  expired,
  forbidden,
  genericNotFoundPath,
  gone,
  internal,
  invalid,
  methodNotAllowed,
  methodNotSupported,
  notAcceptable,
  notFound,
  optimisticLockMessage,
  requestEntityTooLarge,
  StatusError,
  serverTimeout,
  serviceUnavailable,
  timeout,
  tooManyRequests,
  unauthorized,
  unprocessable,
  unsupportedMediaType,
} from "./status-error.ts";
export { applyStrategicMergePatch, type SchemaField, type SchemaView } from "./strategic-merge-patch.ts";
export {
  type CellValue,
  type Column,
  type PartialObjectMetadata,
  partialObjectMetadata,
  renderTable,
  type Table,
  type TableColumnDefinition,
  type TableOptions,
  type TableRow,
} from "./table.ts";
