import type { CelType } from "./types/cel-type.ts";

/** What an expression may refer to. */
export interface CelEnvironment {
  /** By name; a name with dots (`authorizer.requestResource`) is one variable. */
  readonly variables: Readonly<Record<string, CelType>>;
  /** Types that `Name.of.type{field: value}` may construct; undefined for a name that is no type. */
  structType?(name: string): CelType | undefined;
}
