import { arithmetic } from "./arithmetic.ts";
import { authorizer } from "./authorizer.ts";
import { comparison } from "./comparison.ts";
import { conversions } from "./conversions.ts";
import { type FunctionTable, functionTable } from "./declaration.ts";
import { formatLibrary } from "./formats.ts";
import { jsonPatches } from "./json-patches.ts";
import { lists } from "./lists.ts";
import { networks } from "./networks.ts";
import { optionals } from "./optionals.ts";
import { quantities } from "./quantities.ts";
import { regex } from "./regex.ts";
import { semver } from "./semver.ts";
import { sets } from "./sets.ts";
import { strings } from "./strings.ts";
import { times } from "./times.ts";
import { urls } from "./urls.ts";

/** Everything an expression of the API server may call: CEL's own functions, those of its extensions that upstream has, and Kubernetes' libraries. */
export const functions: FunctionTable = functionTable([
  arithmetic,
  comparison,
  conversions,
  times,
  strings,
  regex,
  lists,
  sets,
  optionals,
  urls,
  jsonPatches,
  networks,
  quantities,
  semver,
  formatLibrary,
  authorizer,
]);
