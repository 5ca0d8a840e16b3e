import { loopbackUser } from "../authentication/user-info.ts";
import type { CallContext } from "../registry/call.ts";

/** For what the server does on its own account. */
export function loopbackContext(): CallContext {
  return {
    user: loopbackUser,
    nowMs: Date.now(),
    signal: AbortSignal.timeout(30_000),
    fieldManager: "kube-apiserver",
    isComponent: true,
    warn: () => {},
  };
}
