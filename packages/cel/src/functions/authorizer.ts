import { EvaluationError, OpaqueValue } from "../values/value.ts";
import { type Library, type Overload, overloads } from "./declaration.ts";

/** What an expression asks of the authorizer. A path for what is no resource; otherwise the parts of a resource request. */
export interface AuthorizationCheck {
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly fieldSelector: string;
  readonly labelSelector: string;
  /** Empty for the user of the request. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
}

export interface AuthorizationDecision {
  readonly isAllowed: boolean;
  readonly reason: string;
  readonly error: string;
}

/** May answer later: then the expression must be run with `evaluateAsync`. */
export type CheckAuthorization = (check: AuthorizationCheck) => AuthorizationDecision | Promise<AuthorizationDecision>;

/** Thrown through an evaluation that needs an answer which is still to come. */
export class PendingDecision {
  readonly key: string;
  readonly answer: Promise<AuthorizationDecision>;

  constructor(key: string, answer: Promise<AuthorizationDecision>) {
    this.key = key;
    this.answer = answer;
  }
}

/** Asks each question once. */
export class AuthorizerSession {
  readonly #ask: CheckAuthorization;
  readonly #known = new Map<string, AuthorizationDecision>();

  constructor(ask: CheckAuthorization) {
    this.#ask = ask;
  }

  decide(check: AuthorizationCheck): AuthorizationDecision {
    const key = JSON.stringify(check);
    const known = this.#known.get(key);
    if (known) return known;
    const answer = this.#ask(check);
    if (answer instanceof Promise)
      throw new PendingDecision(
        key,
        answer.then((decision) => this.#keep(key, decision)),
      );
    return this.#keep(key, answer);
  }

  #keep(key: string, decision: AuthorizationDecision): AuthorizationDecision {
    this.#known.set(key, decision);
    return decision;
  }
}

const emptyCheck: AuthorizationCheck = {
  verb: "",
  path: "",
  group: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  fieldSelector: "",
  labelSelector: "",
  serviceAccount: undefined,
};

/** The variable `authorizer` and what is chained to it: one value that gathers the question. */
export class AuthorizerValue extends OpaqueValue {
  readonly typeName: string;
  readonly session: AuthorizerSession;
  readonly check: AuthorizationCheck;

  private constructor(typeName: string, session: AuthorizerSession, check: AuthorizationCheck) {
    super();
    this.typeName = typeName;
    this.session = session;
    this.check = check;
  }

  static of(ask: CheckAuthorization): AuthorizerValue {
    return new AuthorizerValue(authorizerType, new AuthorizerSession(ask), emptyCheck);
  }

  with(typeName: string, part: Partial<AuthorizationCheck>): AuthorizerValue {
    return new AuthorizerValue(typeName, this.session, { ...this.check, ...part });
  }

  /** `authorizer.requestResource`: the resource check of the request itself. */
  forResource(part: Partial<AuthorizationCheck>): AuthorizerValue {
    return this.with(resourceType, part);
  }

  equals(other: OpaqueValue): boolean {
    return this === other;
  }
}

class DecisionValue extends OpaqueValue {
  readonly typeName = decisionType;
  readonly decision: AuthorizationDecision;

  constructor(decision: AuthorizationDecision) {
    super();
    this.decision = decision;
  }

  equals(other: OpaqueValue): boolean {
    return this === other;
  }
}

export const authorizerType = "kubernetes.authorization.Authorizer";
const pathType = "kubernetes.authorization.PathCheck";
const groupType = "kubernetes.authorization.GroupCheck";
export const resourceType = "kubernetes.authorization.ResourceCheck";
const decisionType = "kubernetes.authorization.Decision";

const checkCost = () => 350_000;

function step(from: string, to: string, part: (text: string) => Partial<AuthorizationCheck>): Overload[] {
  return overloads([`${from}.(string): ${to}`], (value: AuthorizerValue, text: string) => value.with(to, part(text)));
}

function decide(value: AuthorizerValue, verb: string): DecisionValue {
  return new DecisionValue(value.session.decide({ ...value.check, verb }));
}

export const authorizer: Library = [
  [
    "path",
    overloads([`${authorizerType}.(string): ${pathType}`], (value: AuthorizerValue, path: string) => {
      if (path === "") throw new EvaluationError("path must not be empty");
      return value.with(pathType, { path });
    }),
  ],
  ["group", step(authorizerType, groupType, (group) => ({ group }))],
  [
    "serviceAccount",
    overloads(
      [`${authorizerType}.(string, string): ${authorizerType}`],
      (value: AuthorizerValue, namespace: string, name: string) =>
        value.with(authorizerType, { serviceAccount: { namespace, name } }),
    ),
  ],
  ["resource", step(groupType, resourceType, (resource) => ({ resource }))],
  ["subresource", step(resourceType, resourceType, (subresource) => ({ subresource }))],
  ["namespace", step(resourceType, resourceType, (namespace) => ({ namespace }))],
  ["name", step(resourceType, resourceType, (name) => ({ name }))],
  ["fieldSelector", step(resourceType, resourceType, (fieldSelector) => ({ fieldSelector }))],
  ["labelSelector", step(resourceType, resourceType, (labelSelector) => ({ labelSelector }))],
  [
    "check",
    overloads(
      [`${pathType}.(string): ${decisionType}`, `${resourceType}.(string): ${decisionType}`],
      decide,
      checkCost,
    ),
  ],
  ["allowed", overloads([`${decisionType}.(): bool`], ({ decision }: DecisionValue) => decision.isAllowed)],
  ["reason", overloads([`${decisionType}.(): string`], ({ decision }: DecisionValue) => decision.reason)],
  ["errored", overloads([`${decisionType}.(): bool`], ({ decision }: DecisionValue) => decision.error !== "")],
  ["error", overloads([`${decisionType}.(): string`], ({ decision }: DecisionValue) => decision.error)],
];
