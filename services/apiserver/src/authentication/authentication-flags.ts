import {
  booleanFlag,
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
} satisfies FlagSet;

export type AuthenticationConfig = FlagValues<typeof authenticationFlags>;
