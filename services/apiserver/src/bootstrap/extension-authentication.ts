import type { V1ConfigMap } from "@drydock/kube-api";
import type { RequestHeaderNames } from "../authentication/request-header.ts";

const NAMESPACE = "kube-system";
const NAME = "extension-apiserver-authentication";

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
