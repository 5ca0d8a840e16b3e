export type * from "../generated/types.ts";
export * from "./resources.ts";
export { allSchemas, referenceOf, resolveSchema, type Schema, schemaOf, schemaViewOf } from "./schema.ts";
