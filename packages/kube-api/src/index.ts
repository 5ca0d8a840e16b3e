export type * from "../generated/types.ts";
export * from "./resources.ts";
