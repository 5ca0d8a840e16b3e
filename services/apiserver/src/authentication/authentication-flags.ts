import {
  booleanFlag,
  choiceFlag,
  durationMsFlag,
  type FlagSet,
  type FlagValues,
  stringFlag,
  stringListFlag,
} from "@drydock/component";

/** How it is found out who asks. */
export const authenticationFlags = {
  "client-ca-file": stringFlag({ help: "authority of client certificates" }),
  "anonymous-auth": booleanFlag({ help: "requests without credentials are those of system:anonymous", default: true }),
  "api-audiences": stringListFlag({ help: "what tokens must be for; empty for the issuer", default: [] }),
  "service-account-issuer": stringListFlag({
    help: "issuers of service-account tokens, the first of new ones",
    default: ["https://kubernetes.default.svc.cluster.local"],
  }),
  "service-account-key-file": stringListFlag({ help: "public keys that check tokens" }),
  "service-account-signing-key-file": stringFlag({ help: "private key that signs tokens" }),
  "service-account-jwks-uri": stringFlag({ help: "where those keys are found; empty for this server", default: "" }),
  "service-account-max-token-expiration": durationMsFlag({
    help: "the longest that a token may be asked for; 0 for no limit",
    default: 0,
  }),
  "service-account-extend-token-expiration": booleanFlag({
    help: "tokens of pods are good for a year, their late use is noted",
    default: true,
  }),
  "enable-bootstrap-token-auth": booleanFlag({ help: "tokens in Secrets of kube-system are good", default: false }),
  "token-auth-file": stringFlag({ help: "lines of token, user, uid and groups", default: "" }),
  "requestheader-client-ca-file": stringFlag({
    help: "authority of proxies whose headers say who asks",
    default: "",
  }),
  "requestheader-allowed-names": stringListFlag({ help: "common names of such proxies; empty for all", default: [] }),
  "requestheader-username-headers": stringListFlag({ help: "headers that name the user", default: [] }),
  "requestheader-uid-headers": stringListFlag({ help: "headers that give the uid", default: [] }),
  "requestheader-group-headers": stringListFlag({ help: "headers that name a group", default: [] }),
  "requestheader-extra-headers-prefix": stringListFlag({ help: "how headers with extra values begin", default: [] }),
  "oidc-issuer-url": stringFlag({ help: "issuer whose ID tokens are good; empty for none", default: "" }),
  "oidc-client-id": stringFlag({ help: "what they must be for", default: "" }),
  "oidc-ca-file": stringFlag({ help: "authority of the issuer's certificate", default: "" }),
  "oidc-username-claim": stringFlag({ help: "claim that names the user", default: "sub" }),
  "oidc-username-prefix": stringFlag({
    help: "what stands before the name; empty for the issuer unless the claim is email, - for nothing",
    default: "",
  }),
  "oidc-groups-claim": stringFlag({ help: "claim that names groups", default: "" }),
  "oidc-groups-prefix": stringFlag({ help: "what stands before each group", default: "" }),
  "oidc-required-claim": stringListFlag({ help: "claims that must be there, key=value", default: [] }),
  "oidc-signing-algs": stringListFlag({ help: "algorithms that tokens may be signed with", default: ["RS256"] }),
  "authentication-config": stringFlag({
    help: "file of issuers and of anonymous access (AuthenticationConfiguration); takes the place of --oidc-*",
    default: "",
  }),
  "authentication-token-webhook-config-file": stringFlag({
    help: "kubeconfig of a webhook that knows tokens; empty for none",
    default: "",
  }),
  "authentication-token-webhook-version": choiceFlag(["v1", "v1beta1"], {
    help: "version of the reviews it is sent",
    default: "v1beta1",
  }),
  "authentication-token-webhook-cache-ttl": durationMsFlag({ help: "how long its answers are kept", default: 120_000 }),
} satisfies FlagSet;

export type AuthenticationConfig = FlagValues<typeof authenticationFlags>;
