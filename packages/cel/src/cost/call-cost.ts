import { type Call, type CallEstimate, type CallNode, PATTERN, TRAVERSAL } from "./call.ts";
import { kubernetesCost } from "./kubernetes-cost.ts";
import { add, addSizes, multiply, multiplySizes, type Size, times, unionOf } from "./size.ts";

const LIST = 10;

const plain: CallEstimate = { cost: 1 };

/** The most that a call may cost: by Kubernetes' prices of its libraries, else by those of cel-go and its extensions, else one. */
export function callCost(call: Call): CallEstimate {
  return kubernetesCost(call) ?? extensionCost(call) ?? standardCost(call);
}

const isText = ({ type }: CallNode) => type.kind === "simple" && (type.name === "string" || type.name === "bytes");
const isOpen = ({ type }: CallNode) => type.kind === "param" || (type.kind === "simple" && type.name === "dyn");

function standardCost({ name, target, args }: Call): CallEstimate {
  const [first, second] = args as [CallNode, CallNode];
  const all = target ? [target, ...args] : args;
  switch (name) {
    case "format":
    case "strings.quote":
      return { cost: times((target ?? first).size.max, TRAVERSAL) };
    case "bytes":
      return textConversion(first, "string", { min: first.size.min, max: multiply(first.size.max, 4) });
    case "string":
      return textConversion(first, "bytes", { min: Math.floor(first.size.min / 4), max: first.size.max });
    case "startsWith":
    case "endsWith":
      return { cost: times(first.size.max, TRAVERSAL) };
    case "@in":
      return second.type.kind === "map" ? plain : { cost: Math.max(second.size.max, isOpen(second) ? 1 : 0) };
    case "matches": {
      const [text, pattern] = all as [CallNode, CallNode];
      return { cost: multiply(times(add(text.size.max, 1), TRAVERSAL), times(pattern.size.max, PATTERN)) };
    }
    case "contains": {
      const [text, part] = all as [CallNode, CallNode];
      return { cost: multiply(times(text.size.max, TRAVERSAL), times(part.size.max, TRAVERSAL)) };
    }
    case "_+_":
      return sumCost(first, second);
    case "_==_":
    case "_!=_":
      return comparisonCost(first, second);
    case "_<_":
    case "_<=_":
    case "_>_":
    case "_>=_":
      return orderCost(first, second);
    default:
      return plain;
  }
}

function textConversion(from: CallNode, name: "string" | "bytes", size: Size): CallEstimate {
  const isConverted = from.type.kind === "simple" && from.type.name === name;
  if (!isConverted && !isOpen(from)) return plain;
  const cost = times(from.size.max, TRAVERSAL);
  return { cost: isConverted ? cost : Math.max(cost, 1), size };
}

function sumCost(first: CallNode, second: CallNode): CallEstimate {
  const size = addSizes(first.size, second.size);
  if (first.type.kind === "list" || second.type.kind === "list") return { cost: 1, size };
  const traversal = times(size.max, TRAVERSAL);
  if (isText(first) || isText(second)) return { cost: traversal, size };
  return isOpen(first) && isOpen(second) ? { cost: Math.max(traversal, 1), size } : plain;
}

function comparisonCost(first: CallNode, second: CallNode): CallEstimate {
  return { cost: times(Math.min(first.size.max, second.size.max), TRAVERSAL) };
}

function orderCost(first: CallNode, second: CallNode): CallEstimate {
  const estimate = comparisonCost(first, second);
  if (isText(first) || isText(second)) return estimate;
  return isOpen(first) && isOpen(second) ? { cost: Math.max(estimate.cost, 1) } : plain;
}

/** Of cel-go's own extensions. */
function extensionCost({ name, target, args }: Call): CallEstimate | undefined {
  const [first, second] = args;
  const list = (factor: number, size: Size) => ({ cost: add(times(size.max, factor), 1 + LIST), size });
  const number = (node: CallNode | undefined, otherwise: number) =>
    node?.expr.kind === "literal" && typeof node.expr.value === "bigint" ? Number(node.expr.value) : otherwise;
  if (first && second && name.startsWith("sets.")) {
    const factor = name === "sets.equivalent" ? 2 : 1;
    return { cost: add(times(multiply(first.size.max, second.size.max), factor), 1) };
  }
  if (name === "lists.range") {
    const size = number(first, Number.POSITIVE_INFINITY);
    return list(1, unionOf({ min: size, max: size }, { min: size, max: 0 }));
  }
  if (!target) return undefined;
  switch (name) {
    case "slice": {
      const size = Math.max(0, number(second, target.size.max) - number(first, 0));
      return list(1, { min: size, max: size });
    }
    case "reverse":
      return target.type.kind === "list" ? list(1, target.size) : undefined;
    case "flatten":
      return list(number(first, first ? Number.POSITIVE_INFINITY : 1), target.size);
    case "distinct":
    case "sort":
    case "sortBy": {
      const isOfText = target.type.kind === "list" && isText({ ...target, type: target.type.element });
      const factor = name !== "distinct" && isOfText ? 2 + TRAVERSAL : 2;
      return list(factor, multiplySizes(target.size, target.size));
    }
    default:
      return undefined;
  }
}
