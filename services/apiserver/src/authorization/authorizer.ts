import type { UserInfo } from "../authentication/user-info.ts";
import type { RequestSelectors } from "./selectors.ts";

/** What somebody wants to do. */
export interface Attributes extends RequestSelectors {
  readonly user: UserInfo;
  readonly isResourceRequest: boolean;
  readonly path: string;
  readonly verb: string;
  readonly group: string;
  /** For those who are told of the request; nothing here depends on it. */
  readonly version?: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** `no-opinion` lets the next authorizer decide; when nobody allows, the answer is no. */
export interface Decision {
  readonly verdict: "allow" | "deny" | "no-opinion";
  readonly reason: string;
  /** What went wrong while deciding; the decision stands nevertheless. */
  readonly error?: string;
}

export interface Authorizer {
  readonly name: string;
  /** Answers at once where it can; some ask others. */
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

/** Asks authorizers in order until one has an opinion. The superuser group passes everything (upstream's privilegedGroups). */
export class AuthorizerChain implements Authorizer {
  readonly name = "chain";
  readonly #authorizers: () => readonly Authorizer[];

  /** Asked each time, as a file that names them may change. */
  constructor(authorizers: () => readonly Authorizer[]) {
    this.#authorizers = authorizers;
  }

  async authorize(attributes: Attributes): Promise<Decision> {
    if (attributes.user.groups.includes("system:masters")) return { verdict: "allow", reason: "" };
    const reasons: string[] = [];
    const errors: string[] = [];
    for (const authorizer of this.#authorizers()) {
      const decision = await authorizer.authorize(attributes);
      if (decision.verdict !== "no-opinion") return decision;
      if (decision.reason) reasons.push(decision.reason);
      if (decision.error) errors.push(decision.error);
    }
    const error = errors.length > 1 ? `[${errors.join(", ")}]` : (errors[0] ?? "");
    return { verdict: "no-opinion", reason: reasons.join("\n"), ...(error && { error }) };
  }
}

/** Upstream's text of a refusal, without the leading "… is forbidden: ". */
export function forbiddenReason(attributes: Attributes, reason: string): string {
  const { user, verb, path } = attributes;
  const tail = reason ? `: ${reason}` : "";
  if (!attributes.isResourceRequest)
    return `User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}${tail}`;
  const resource = attributes.subresource ? `${attributes.resource}/${attributes.subresource}` : attributes.resource;
  const where = attributes.namespace
    ? `in the namespace ${JSON.stringify(attributes.namespace)}`
    : "at the cluster scope";
  return `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(attributes.group)} ${where}${tail}`;
}
