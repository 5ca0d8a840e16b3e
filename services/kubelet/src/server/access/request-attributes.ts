const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Paths that have a right of their own; those marked are covered by `nodes/proxy` as well (KEP-2862). */
const SUBRESOURCES: readonly (readonly [path: string, subresource: string, orProxy: boolean])[] = [
  ["/stats", "stats", false],
  ["/metrics", "metrics", false],
  ["/logs", "log", false],
  ["/checkpoint", "checkpoint", false],
  ["/statusz", "statusz", false],
  ["/pods", "pods", true],
  ["/runningpods", "pods", true],
  ["/healthz", "healthz", true],
  ["/configz", "configz", true],
];

/** What right a request to the kubelet needs: `verb` on one of these subresources of its node. */
export interface RequestAttributes {
  readonly verb: string;
  /** Any of them is enough; the first is the one that is named when all are refused. */
  readonly subresources: readonly string[];
}

export function requestAttributes(method: string, path: string): RequestAttributes {
  const special = SUBRESOURCES.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  const [, subresource = "proxy", orProxy = false] = special ?? [];
  return { verb: VERBS[method] ?? "", subresources: orProxy ? [subresource, "proxy"] : [subresource] };
}
