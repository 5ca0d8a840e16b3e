import type { V1Pod, V1Secret, V1ServiceAccount } from "@drydock/kube-api";

export const INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";
const LAST_USED = "kubernetes.io/legacy-token-last-used";
const TOKEN_TYPE = "kubernetes.io/service-account-token";
const ACCOUNT = "kubernetes.io/service-account.name";
const ACCOUNT_UID = "kubernetes.io/service-account.uid";

export interface TokensSeen {
  readonly secrets: Iterable<V1Secret>;
  readonly accounts: readonly V1ServiceAccount[];
  readonly pods: Iterable<V1Pod>;
  /** Since which day uses are noted; undefined while that is not known. */
  readonly trackedSince: string | undefined;
}

export type TokenAction = { readonly kind: "invalidate" | "delete"; readonly secret: V1Secret };

/**
 * What is to be done with tokens that were once made for every service account, and that nobody has used for `periodMs` (KEP-2799): they are
 * marked first, good no more, and go when nobody has taken the mark away for as long again.
 */
export function planCleanUp(seen: TokensSeen, periodMs: number, nowMs: number): TokenAction[] {
  const since = Date.parse(seen.trackedSince ?? "");
  if (Number.isNaN(since) || nowMs < since + periodMs) return [];
  const before = nowMs - periodMs;
  const mounted = mountedSecrets(seen.pods);
  return [...seen.secrets].flatMap((secret): TokenAction[] => {
    const isLeft = isUnused(secret, before) && isAutomatic(secret, seen.accounts) && !mounted.has(idOf(secret));
    if (!isLeft) return [];
    const marked = secret.metadata.labels?.[INVALID_SINCE];
    if (!isDay(marked)) return [{ kind: "invalidate", secret }];
    return marked < dayOf(before) ? [{ kind: "delete", secret }] : [];
  });
}

export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function isDay(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** When it cannot be told, it counts as used. */
function isUnused({ type, metadata }: V1Secret, beforeMs: number): boolean {
  if (type !== TOKEN_TYPE || metadata.deletionTimestamp) return false;
  if (!(Date.parse(metadata.creationTimestamp ?? "") < beforeMs)) return false;
  const used = metadata.labels?.[LAST_USED];
  return used === undefined || (isDay(used) && used < dayOf(beforeMs));
}

/** Those that people made are not in the list of their account. */
function isAutomatic({ metadata }: V1Secret, accounts: readonly V1ServiceAccount[]): boolean {
  const { namespace, name, annotations = {} } = metadata;
  const account = accounts.find(
    (candidate) => candidate.metadata.namespace === namespace && candidate.metadata.name === annotations[ACCOUNT],
  );
  const uid = annotations[ACCOUNT_UID];
  if (!account || (uid && uid !== account.metadata.uid)) return false;
  return (account.secrets ?? []).some((reference) => reference.name === name);
}

function mountedSecrets(pods: Iterable<V1Pod>): ReadonlySet<string> {
  const mounted = new Set<string>();
  for (const { metadata, spec } of pods)
    for (const { secret, projected } of spec?.volumes ?? []) {
      const names = [secret?.secretName, ...(projected?.sources ?? []).map((source) => source.secret?.name)];
      for (const name of names) if (name) mounted.add(`${metadata.namespace}/${name}`);
    }
  return mounted;
}

function idOf({ metadata: { namespace, name } }: V1Secret): string {
  return `${namespace}/${name}`;
}
