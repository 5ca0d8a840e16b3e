import type { V1PolicyRule } from "@drydock/kube-api";
import type { Attributes } from "../authorizer.ts";

/** Whether one rule allows what is wanted (upstream's RuleAllows). */
export function ruleAllows(rule: V1PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResourceRequest)
    return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, attributes.path));
  const { group, resource, subresource, name } = attributes;
  if (!has(rule.apiGroups, group)) return false;
  const names = rule.resourceNames ?? [];
  if (names.length > 0 && !names.includes(name)) return false;
  const combined = subresource ? `${resource}/${subresource}` : resource;
  return (rule.resources ?? []).some(
    (candidate) =>
      candidate === "*" || candidate === combined || (subresource !== "" && candidate === `*/${subresource}`),
  );
}

/** Whether somebody who holds `owned` holds `wanted` too (upstream's Covers, rule by rule after breaking `wanted` down). */
export function covers(owned: readonly V1PolicyRule[], wanted: readonly V1PolicyRule[]): boolean {
  return missingAtoms(owned, wanted).length === 0;
}

/** What somebody who holds `owned` lacks of `wanted`, as upstream describes it: one line for each resource or path, sorted. */
export function describeMissing(owned: readonly V1PolicyRule[], wanted: readonly V1PolicyRule[]): string {
  const verbs = new Map<string, string[]>();
  for (const { verb, group, resource, name, path } of missingAtoms(owned, wanted)) {
    const parts =
      path === undefined
        ? [
            `APIGroups:${quoted(group)}`,
            `Resources:${quoted(resource)}`,
            ...(name ? [`ResourceNames:${quoted(name)}`] : []),
          ]
        : [`NonResourceURLs:${quoted(path)}`];
    // Paths are told one verb at a time.
    const key = path === undefined ? parts.join(", ") : `${parts.join(", ")}\0${verb}`;
    verbs.set(key, [...(verbs.get(key) ?? []), verb]);
  }
  const lines = [...verbs].map(([key, list]) => {
    const each = [...new Set(list)].map((verb) => JSON.stringify(verb)).join(" ");
    return `{${key.split("\0")[0]}, Verbs:[${each}]}`;
  });
  return [...new Set(lines)].sort().join("\n");
}

function quoted(text = ""): string {
  return `[${JSON.stringify(text)}]`;
}

function missingAtoms(owned: readonly V1PolicyRule[], wanted: readonly V1PolicyRule[]): Atom[] {
  return wanted.flatMap(atoms).filter((atom) => !owned.some((candidate) => coversAtom(candidate, atom)));
}

interface Atom {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly path?: string;
}

function atoms(rule: V1PolicyRule): Atom[] {
  const names = (rule.resourceNames ?? []).length > 0 ? (rule.resourceNames as string[]) : [undefined];
  return rule.verbs.flatMap((verb) => [
    ...(rule.nonResourceURLs ?? []).map((path) => ({ verb, path })),
    ...(rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) =>
        names.map((name) => ({ verb, group, resource, ...(name ? { name } : {}) })),
      ),
    ),
  ]);
}

function coversAtom(rule: V1PolicyRule, atom: Atom): boolean {
  if (!has(rule.verbs, atom.verb)) return false;
  if (atom.path !== undefined)
    return (rule.nonResourceURLs ?? []).some(
      (pattern) =>
        pattern === atom.path || (pattern.endsWith("*") && (atom.path as string).startsWith(pattern.slice(0, -1))),
    );
  const names = rule.resourceNames ?? [];
  if (names.length > 0 && (atom.name === undefined || !names.includes(atom.name))) return false;
  const subresource = atom.resource?.split("/")[1];
  return (
    has(rule.apiGroups, atom.group ?? "") &&
    (has(rule.resources, atom.resource ?? "") ||
      (subresource !== undefined && (rule.resources ?? []).includes(`*/${subresource}`)))
  );
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return (list ?? []).some((candidate) => candidate === "*" || candidate === value);
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern === "*" || pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1)));
}
