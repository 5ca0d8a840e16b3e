import type { FieldError } from "@drydock/apimachinery";
import type { ResourceStore } from "./registry.ts";

/** Kinds refuse what only some clusters allow; here it is let through where the cluster does (--allow-privileged). */
export function withoutAllowed({ registry }: ResourceStore, errors: readonly FieldError[]): readonly FieldError[] {
  return registry.ports.allowsPrivileged ? errors.filter(({ isByPolicy }) => !isByPolicy) : errors;
}
