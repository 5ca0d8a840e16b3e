import type { V1CustomResourceDefinition, V1CustomResourceDefinitionNames } from "@drydock/kube-api";

interface Verdict {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

export interface NamesPlan {
  readonly acceptedNames: V1CustomResourceDefinitionNames;
  readonly namesAccepted: Verdict;
  readonly established: Verdict;
}

/** Which of the names a definition asks for it gets: those that no other of its group has. What was accepted before stays. */
export function planNames(crd: V1CustomResourceDefinition, others: readonly V1CustomResourceDefinition[]): NamesPlan {
  const wanted = crd.spec.names;
  const accepted: V1CustomResourceDefinitionNames = { ...(crd.status?.acceptedNames ?? { kind: "", plural: "" }) };
  const taken = takenNames(crd, others);
  let conflict: Verdict | undefined;
  const refuse = (reason: string, names: readonly string[]) => {
    const message = names.map((name) => `${JSON.stringify(name)} is already in use`).join(", ");
    conflict ??= { status: "False", reason, message };
  };
  const claim = (field: "plural" | "singular" | "kind" | "listKind", reason: string) => {
    const name = wanted[field] ?? "";
    const pool = field === "kind" || field === "listKind" ? taken.kinds : taken.resources;
    if (pool.has(name)) refuse(reason, [name]);
    else accepted[field] = name;
  };
  claim("plural", "PluralConflict");
  claim("singular", "SingularConflict");
  const blocked = (wanted.shortNames ?? []).filter((name) => taken.resources.has(name));
  if (blocked.length > 0) refuse("ShortNamesConflict", blocked);
  else setList(accepted, "shortNames", wanted.shortNames);
  claim("kind", "KindConflict");
  claim("listKind", "ListKindConflict");
  setList(accepted, "categories", wanted.categories);
  const namesAccepted = conflict ?? { status: "True", reason: "NoConflicts", message: "no conflicts found" };
  return { acceptedNames: accepted, namesAccepted, established: establishedBy(crd, namesAccepted) };
}

function setList(
  names: V1CustomResourceDefinitionNames,
  field: "shortNames" | "categories",
  list: string[] | undefined,
): void {
  if (list && list.length > 0) names[field] = list;
  else delete names[field];
}

/** A definition that was established stays so. */
function establishedBy({ status }: V1CustomResourceDefinition, namesAccepted: Verdict): Verdict {
  const before = status?.conditions?.find(({ type }) => type === "Established");
  if (before?.status === "True") return { status: "True", reason: before.reason ?? "", message: before.message ?? "" };
  return namesAccepted.status === "True"
    ? { status: "True", reason: "InitialNamesAccepted", message: "the initial names have been accepted" }
    : { status: "False", reason: "NotAccepted", message: "not all names are accepted" };
}

function takenNames(crd: V1CustomResourceDefinition, others: readonly V1CustomResourceDefinition[]) {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { metadata, spec, status } of others) {
    if (metadata.name === crd.metadata.name || spec.group !== crd.spec.group || !status?.acceptedNames) continue;
    const { plural, singular, shortNames = [], kind, listKind } = status.acceptedNames;
    for (const name of [plural, singular, ...shortNames]) if (name) resources.add(name);
    for (const name of [kind, listKind]) if (name) kinds.add(name);
  }
  return { resources, kinds };
}
