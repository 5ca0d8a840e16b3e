import { arithmetic } from "./arithmetic.ts";
import { authorizer } from "./authorizer.ts";
import { comparison } from "./comparison.ts";
import { conversions } from "./conversions.ts";
import { type FunctionTable, functionTable } from "./declaration.ts";
import { encoders } from "./encoders.ts";
import { formatLibrary } from "./formats.ts";
import { lists } from "./lists.ts";
import { math } from "./math.ts";
import { networks } from "./networks.ts";
import { optionals } from "./optionals.ts";
import { quantities } from "./quantities.ts";
import { regex } from "./regex.ts";
import { semver } from "./semver.ts";
import { sets } from "./sets.ts";
import { strings } from "./strings.ts";
import { times } from "./times.ts";
import { urls } from "./urls.ts";

/** Everything an expression of the API server may call: CEL's own functions, its extensions, and Kubernetes' libraries. */
export const functions: FunctionTable = functionTable([
  arithmetic,
  comparison,
  conversions,
  times,
  strings,
  regex,
  lists,
  sets,
  math,
  optionals,
  encoders,
  urls,
  networks,
  quantities,
  semver,
  formatLibrary,
  authorizer,
]);
