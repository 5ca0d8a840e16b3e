export {
  type FieldError,
  type FieldErrorType,
  fieldErrorBody,
  fieldErrorMessage,
  fieldErrors,
  quote,
} from "./field-error.ts";
export { FieldPath } from "./field-path.ts";
export { humanAge, humanDuration } from "./human-duration.ts";
export * from "./meta.ts";
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
