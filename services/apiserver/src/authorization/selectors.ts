import {
  type FieldRequirement,
  parseFieldSelector,
  parseLabelSelector,
  type Requirement,
  type Selector,
} from "@drydock/apimachinery";

/** Which of many a request is about, as far as it can be understood. */
export interface RequestSelectors {
  readonly fieldSelector?: readonly FieldRequirement[];
  readonly labelSelector?: Selector["requirements"];
}

const OF_MANY: ReadonlySet<string> = new Set(["list", "watch", "deletecollection"]);

/** The selectors of a query; what cannot be parsed is as if it were not there, and is refused further in. */
export function selectorsOf(verb: string, fieldText: string, labelText: string): RequestSelectors {
  if (!OF_MANY.has(verb) || (fieldText === "" && labelText === "")) return {};
  const fieldSelector = requirementsOf(() => parseFieldSelector(fieldText));
  const labelSelector = requirementsOf(() => parseLabelSelector(labelText));
  return { ...(fieldSelector && { fieldSelector }), ...(labelSelector && { labelSelector }) };
}

function requirementsOf<T extends FieldRequirement | Requirement>(
  parse: () => { readonly requirements: readonly T[] },
): readonly T[] | undefined {
  try {
    const { requirements } = parse();
    return requirements.length > 0 ? requirements : undefined;
  } catch {
    return undefined;
  }
}
