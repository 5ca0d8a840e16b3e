import { type Call, type CallEstimate, type CallNode, PATTERN, TRAVERSAL } from "./call.ts";
import { add, addSizes, multiply, multiplySizes, type Size, times } from "./size.ts";

/** So that an expression may ask the authorizer twice. */
const AUTHORIZATION = 350_000;
/** Bytes of addresses. */
const ADDRESS: Size = { min: 4, max: 16 };
const FORMAT_PATTERN_MAX = 128;
const FORMAT_MAX = 64;

const fixed: readonly string[] = [
  ...["serviceAccount", "path", "group", "resource", "subresource", "namespace", "name"],
  ...["allowed", "reason", "error", "errored"],
  ...["masked", "prefixLength", "family"],
  ...["isUnspecified", "isLoopback", "isLinkLocalMulticast", "isLinkLocalUnicast", "isGlobalUnicast"],
  ...["sign", "asInteger", "isInteger", "asApproximateFloat", "isGreaterThan", "isLessThan", "compareTo", "add", "sub"],
  ...["major", "minor", "patch", "format.named"],
  ...["getScheme", "getHostname", "getHost", "getPort", "getEscapedPath", "getQuery"],
];
type Price = (call: Call) => CallEstimate | undefined;

const read: Price = ({ args: [text] }) => text && { cost: times(text.size.max, TRAVERSAL) };
const readOnto: Price = ({ args: [text] }) => text && { cost: times(text.size.max, TRAVERSAL), size: text.size };
const readTarget: Price = ({ target }) => target && { cost: times(target.size.max, TRAVERSAL), size: target.size };

const prices: ReadonlyMap<string, Price> = new Map<string, Price>([
  ...fixed.map((name) => [name, () => ({ cost: 1 })] as const),
  ["check", () => ({ cost: AUTHORIZATION })],
  ...["fieldSelector", "labelSelector"].map((name) => [name, read] as const),
  ...["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"].map((name) => [name, search] as const),
  ...["url", "jsonpatch.escapeKey"].map((name) => [name, readOnto] as const),
  ...["lowerAscii", "upperAscii", "substring", "trim"].map((name) => [name, readTarget] as const),
  ["replace", replace],
  ["split", split],
  ["join", join],
  ...["find", "findAll"].map((name) => [name, find] as const),
  ...["cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"].map((name) => [name, read] as const),
  ["ip", (call) => (call.target ? { cost: 1 } : read(call))],
  ["ip.isCanonical", ({ args: [text] }) => text && { cost: times(text.size.max, 2 * TRAVERSAL) }],
  ["containsIP", ({ args: [address] }) => address && { cost: add(compareAddresses(), parsed(address)) }],
  [
    "containsCIDR",
    ({ args: [range] }) =>
      range && { cost: add(compareAddresses() + times(ADDRESS.max, TRAVERSAL) + 1, parsed(range)) },
  ],
  [
    "validate",
    ({ args: [text] }) => text && { cost: times(times(text.size.max, TRAVERSAL), FORMAT_PATTERN_MAX * PATTERN) },
  ],
  ["_==_", equality],
]);

export function kubernetesCost(call: Call): CallEstimate | undefined {
  return prices.get(call.name)?.(call);
}

/** Item by item, and where these are texts, each of them. */
function search({ target, sizeAt }: Call): CallEstimate | undefined {
  if (!target) return undefined;
  const item = itemOf(target);
  if (!item) return { cost: times(target.size.max, TRAVERSAL) };
  const isText = item.type.kind === "simple" && (item.type.name === "string" || item.type.name === "bytes");
  const itemCost = isText ? add(1, times(sizeAt(item.path).max, TRAVERSAL)) : 1;
  return { cost: multiply(target.size.max, itemCost) };
}

function itemOf({ type, path }: CallNode): Pick<CallNode, "type" | "path"> | undefined {
  const inner = type.kind === "list" ? type.element : type.kind === "map" ? type.key : undefined;
  return inner && { type: inner, path: path && [...path, "@items"] };
}

function replace({ target, args }: Call): CallEstimate | undefined {
  const [from, to] = args;
  if (!target || !from || !to) return undefined;
  const whole = target.size;
  const most = mostReplaced(whole, from.size, to.size);
  const least = leastReplaced(whole, from.size, to.size);
  const size = {
    min: add(multiply(least.count, to.size.min), least.kept),
    max: add(multiply(most.count, to.size.max), most.kept),
  };
  return { cost: times(whole.max, 2 * TRAVERSAL), size };
}

function mostReplaced(whole: Size, from: Size, to: Size): { count: number; kept: number } {
  // An empty text stands around every character.
  if (from.min === 0) return { count: add(whole.max, 1), kept: whole.max };
  if (to.max <= from.min) return { count: 0, kept: whole.max };
  return { count: Math.ceil(whole.max / from.min), kept: 0 };
}

function leastReplaced(whole: Size, from: Size, to: Size): { count: number; kept: number } {
  if (from.max === 0) return { count: add(whole.min, 1), kept: whole.min };
  if (from.max <= to.min) return { count: 0, kept: whole.min };
  return { count: Math.ceil(whole.min / from.max), kept: 0 };
}

function split({ target, args: [, limit] }: Call): CallEstimate | undefined {
  if (!target) return undefined;
  const isKnown = limit?.expr.kind === "literal" && typeof limit.expr.value === "bigint";
  const max = isKnown ? Number(BigInt.asUintN(64, limit.expr.value as bigint)) : target.size.max;
  return { cost: times(target.size.max, 2 * TRAVERSAL), size: { min: 0, max } };
}

function join({ target, args: [separator], sizeAt }: Call): CallEstimate | undefined {
  if (!target) return undefined;
  const item = itemOf(target);
  let size: Size = item ? multiplySizes(target.size, sizeAt(item.path)) : { min: 0, max: 0 };
  if (separator) {
    const count = { min: Math.max(0, target.size.min - 1), max: Math.max(0, target.size.max - 1) };
    size = addSizes(size, multiplySizes(separator.size, count));
  }
  return { cost: times(size.max, TRAVERSAL), size };
}

function find({ target, args: [pattern] }: Call): CallEstimate | undefined {
  if (!target || !pattern) return undefined;
  const cost = multiply(times(add(target.size.max, 1), TRAVERSAL), times(pattern.size.max, PATTERN));
  return { cost, size: { min: 0, max: target.size.max } };
}

function compareAddresses(): number {
  return times(2 * ADDRESS.max, TRAVERSAL);
}

function parsed({ type, size }: CallNode): number {
  return type.kind === "simple" && type.name === "string" ? times(size.max, TRAVERSAL) : 0;
}

/** Of values that Kubernetes' libraries brought. */
function equality({ args: [left, right] }: Call): CallEstimate | undefined {
  if (left?.type.kind !== "opaque" || right?.type.kind !== "opaque" || left.type.name !== right.type.name)
    return undefined;
  if (left.type.name === "kubernetes.NamedFormat") return { cost: times(FORMAT_MAX, TRAVERSAL) };
  if (left.type.name === "kubernetes.URL") return { cost: times(right.size.max, TRAVERSAL) };
  return { cost: 1 };
}
