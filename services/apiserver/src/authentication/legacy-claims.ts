export const LEGACY_ISSUER = "kubernetes/serviceaccount";
export const CLAIM = "kubernetes.io/serviceaccount/";

/** Whose token it is, and which Secret holds it. */
export interface LegacySubject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly secret: string;
}

/** The claims of a token that a Secret holds: they name it, and never end. */
export function legacyClaims({ namespace, name, uid, secret }: LegacySubject): Record<string, string> {
  return {
    [`${CLAIM}namespace`]: namespace,
    [`${CLAIM}secret.name`]: secret,
    [`${CLAIM}service-account.name`]: name,
    [`${CLAIM}service-account.uid`]: uid,
  };
}
