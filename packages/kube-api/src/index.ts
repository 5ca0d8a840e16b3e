export type * from "../generated/types.ts";
export { type CheckedFields, checkFields } from "./check-fields.ts";
export { type DecodedObject, decodeProtobuf } from "./decode-protobuf.ts";
export { schemaNameOf } from "./kind-index.ts";
export * from "./resources.ts";
export { allSchemas, referenceOf, resolveSchema, type Schema, schemaOf, schemaViewOf } from "./schema.ts";
export { typeShapeOf } from "./type-shape.ts";
