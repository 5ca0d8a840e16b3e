import {
  choiceFlag,
  durationMsFlag,
  type FlagSet,
  type FlagValues,
  stringFlag,
  stringListFlag,
} from "@drydock/component";

/** Who decides what somebody may. */
export const authorizationFlags = {
  "authorization-mode": stringListFlag({ help: "authorizers, in order", default: ["Node", "RBAC"] }),
  "authorization-config": stringFlag({
    help: "file of authorizers, in order (AuthorizationConfiguration); takes the place of the mode",
    default: "",
  }),
  "authorization-webhook-config-file": stringFlag({ help: "kubeconfig of the webhook of mode Webhook", default: "" }),
  "authorization-webhook-version": choiceFlag(["v1", "v1beta1"], {
    help: "version of the reviews it is sent",
    default: "v1beta1",
  }),
  "authorization-webhook-cache-authorized-ttl": durationMsFlag({
    help: "how long its yes is kept",
    default: 300_000,
  }),
  "authorization-webhook-cache-unauthorized-ttl": durationMsFlag({
    help: "how long its no is kept",
    default: 30_000,
  }),
} satisfies FlagSet;

export type AuthorizationConfig = FlagValues<typeof authorizationFlags>;
