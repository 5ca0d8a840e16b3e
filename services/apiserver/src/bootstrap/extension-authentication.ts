import type { RbacV1Subject, V1ConfigMap, V1Role, V1RoleBinding } from "@drydock/kube-api";
import type { RequestHeaderNames } from "../authentication/request-header.ts";
import { API_VERSION, bootstrapMetadata, rule } from "./role-parts.ts";

const NAMESPACE = "kube-system";
const NAME = "extension-apiserver-authentication";
const READER = `${NAME}-reader`;

/** What servers behind this one must know to believe what it says of users. */
export interface ExtensionAuthentication {
  readonly clientCaPem: string;
  readonly proxy:
    | { readonly caPem: string; readonly allowedNames: readonly string[]; readonly names: RequestHeaderNames }
    | undefined;
}

export function extensionAuthenticationConfigMap({ clientCaPem, proxy }: ExtensionAuthentication): V1ConfigMap {
  const list = (values: readonly string[]) => JSON.stringify(values);
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: NAME, namespace: NAMESPACE },
    data: {
      "client-ca-file": clientCaPem,
      ...(proxy && {
        "requestheader-client-ca-file": proxy.caPem,
        "requestheader-allowed-names": list(proxy.allowedNames),
        "requestheader-username-headers": list(proxy.names.username),
        "requestheader-uid-headers": list(proxy.names.uid),
        "requestheader-group-headers": list(proxy.names.group),
        "requestheader-extra-headers-prefix": list(proxy.names.extraPrefix),
      }),
    },
  };
}

/** Who may read it. */
export const extensionAuthenticationRole: V1Role = {
  apiVersion: API_VERSION,
  kind: "Role",
  metadata: { ...bootstrapMetadata(READER), namespace: NAMESPACE },
  rules: [rule([""], ["configmaps"], ["get", "list", "watch"], [NAME])],
};

const user = (name: string): RbacV1Subject => ({ kind: "User", apiGroup: "rbac.authorization.k8s.io", name });

export const extensionAuthenticationRoleBinding: V1RoleBinding = {
  apiVersion: API_VERSION,
  kind: "RoleBinding",
  metadata: { ...bootstrapMetadata(`system::${READER}`), namespace: NAMESPACE },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: READER },
  subjects: [user("system:kube-controller-manager"), user("system:kube-scheduler")],
};
