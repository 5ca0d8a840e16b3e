import { type FieldError, FieldPath, fieldErrors, isValidIp } from "@drydock/apimachinery";
import type { V1Endpoints } from "@drydock/kube-api";
import { column, defineKind } from "../meta/define-kind.ts";

/** kubectl shows this many addresses, then a count. */
const SHOWN = 3;

export const endpoints = defineKind<V1Endpoints>({
  kind: "Endpoints",
  resource: "endpoints",
  shortNames: ["ep"],
  schema: "io.k8s.api.core.v1.Endpoints",
  storagePrefix: "services/endpoints",
  strategy: {
    setDefaults(object) {
      for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ??= "TCP";
    },
    validate,
    validateUpdate: validate,
    allowCreateOnUpdate: true,
  },
  columns: [column("Endpoints", endpointsText)],
});

function validate(object: V1Endpoints): FieldError[] {
  const errors: FieldError[] = [];
  (object.subsets ?? []).forEach((subset, index) => {
    const path = FieldPath.of("subsets").index(index);
    (subset.addresses ?? []).forEach(({ ip }, position) => {
      if (!isValidIp(ip))
        errors.push(
          fieldErrors.invalid(
            path.child("addresses").index(position).child("ip"),
            ip,
            "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
          ),
        );
    });
  });
  return errors;
}

function endpointsText({ subsets = [] }: V1Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`)),
  );
  if (all.length === 0) return "<none>";
  const rest = all.length - SHOWN;
  return all.slice(0, SHOWN).join(",") + (rest > 0 ? ` + ${rest} more...` : "");
}
