import type { V1ServiceAccount } from "@drydock/kube-api";
import { defineKind } from "../meta/define-kind.ts";

export const serviceAccount = defineKind<V1ServiceAccount>({
  kind: "ServiceAccount",
  resource: "serviceaccounts",
  shortNames: ["sa"],
  schema: "io.k8s.api.core.v1.ServiceAccount",
  subresources: { other: ["token"] },
});
