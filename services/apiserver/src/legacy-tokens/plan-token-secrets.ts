import type { V1Secret, V1ServiceAccount } from "@drydock/kube-api";

export const TOKEN_SECRET_TYPE = "kubernetes.io/service-account-token";
const NAME = "kubernetes.io/service-account.name";
const UID = "kubernetes.io/service-account.uid";

export type SecretAction =
  | { readonly kind: "delete"; readonly secret: V1Secret }
  | { readonly kind: "fill"; readonly secret: V1Secret; readonly account: V1ServiceAccount };

/** What is to be done about Secrets that hold tokens: those of no account go, those that lack something get it. */
export function planTokenSecrets(
  secrets: readonly V1Secret[],
  accountOf: (namespace: string, name: string) => V1ServiceAccount | undefined,
): SecretAction[] {
  return secrets.flatMap((secret): SecretAction[] => {
    const { type, metadata, data = {} } = secret;
    if (type !== TOKEN_SECRET_TYPE || metadata.deletionTimestamp) return [];
    const account = accountOf(metadata.namespace ?? "", metadata.annotations?.[NAME] ?? "");
    const uid = metadata.annotations?.[UID];
    if (!account || (uid && uid !== account.metadata.uid)) return [{ kind: "delete", secret }];
    const isWhole = uid && data["token"] && data["ca.crt"] && data["namespace"];
    return isWhole ? [] : [{ kind: "fill", secret, account }];
  });
}

export interface TokenParts {
  readonly token: string;
  /** Empty while nobody knows it. */
  readonly caPem: string;
}

/** The Secret with what it lacked; what it has it keeps. */
export function filledSecret(secret: V1Secret, account: V1ServiceAccount, { token, caPem }: TokenParts): V1Secret {
  const { metadata, data = {} } = secret;
  const encode = (text: string) => Buffer.from(text).toString("base64");
  return {
    ...secret,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [UID]: account.metadata.uid ?? "" } },
    data: {
      ...data,
      ...(caPem !== "" && { "ca.crt": data["ca.crt"] ?? encode(caPem) }),
      namespace: data["namespace"] ?? encode(metadata.namespace ?? ""),
      token: data["token"] ?? encode(token),
    },
  };
}
