import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  type Int64,
  isValidPortName,
  isValidPortNumber,
} from "@drydock/apimachinery";
import type { V1Container, V1HTTPGetAction, V1LifecycleHandler, V1Probe } from "@drydock/kube-api";
import { each, type Finding, findings, invalidTexts, nonNegative, optionalOneOf } from "../meta/rules.ts";

const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;
const HOOKS = ["postStart", "preStop"] as const;
const COUNTS = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
] as const;
const HEADER_NAME = /^[-A-Za-z0-9]+$/;
const HEADER_MESSAGE =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

/** Probes and hooks; of init containers only sidecars have any. */
export function validateProbesAndHooks(
  container: V1Container,
  path: FieldPath,
  graceSeconds: Int64,
  mayHaveThem: boolean,
): FieldError[] {
  const text = "may not be set for init containers without restartPolicy=Always";
  if (!mayHaveThem)
    return findings(
      container.lifecycle && fieldErrors.forbidden(path.child("lifecycle"), text),
      PROBES.map((field) => container[field] && fieldErrors.forbidden(path.child(field), text)),
    );
  return findings(
    HOOKS.map((field) => {
      const hook = container.lifecycle?.[field];
      return hook && validateHandler(hook, path.child("lifecycle", field), ["sleep"], graceSeconds);
    }),
    PROBES.map((field) => container[field] && validateProbe(container[field], path.child(field), field, graceSeconds)),
  );
}

function validateProbe(probe: V1Probe, path: FieldPath, kind: (typeof PROBES)[number], graceSeconds: Int64): Finding {
  const { successThreshold, terminationGracePeriodSeconds: own } = probe;
  const ownPath = path.child("terminationGracePeriodSeconds");
  return [
    validateHandler(probe, path, ["grpc"], graceSeconds),
    COUNTS.map((field) => nonNegative(probe[field], path.child(field))),
    own !== undefined && own <= 0 && fieldErrors.invalid(ownPath, own, "must be greater than 0"),
    kind === "readinessProbe" &&
      own !== undefined &&
      fieldErrors.invalid(ownPath, own, "must not be set for readinessProbes"),
    kind !== "readinessProbe" &&
      successThreshold !== undefined &&
      successThreshold !== 1 &&
      fieldErrors.invalid(path.child("successThreshold"), successThreshold, "must be 1"),
  ];
}

type Handler = V1LifecycleHandler & Pick<V1Probe, "grpc">;

function validateHandler(
  handler: Handler,
  path: FieldPath,
  own: readonly ("grpc" | "sleep")[],
  graceSeconds: Int64,
): Finding {
  const kinds = ["exec", "httpGet", "tcpSocket", ...own] as const;
  const [first, ...more] = kinds.filter((kind) => handler[kind] !== undefined);
  if (first === undefined) return fieldErrors.required(path, "must specify a handler type");
  return [
    validateKind(handler, first, path.child(first), graceSeconds),
    more.map((kind) => fieldErrors.forbidden(path.child(kind), "may not specify more than 1 handler type")),
  ];
}

function validateKind(
  { exec, httpGet, tcpSocket, grpc, sleep }: Handler,
  kind: "exec" | "httpGet" | "tcpSocket" | "grpc" | "sleep",
  path: FieldPath,
  graceSeconds: Int64,
): Finding {
  switch (kind) {
    case "exec":
      return (exec?.command ?? []).length === 0 && fieldErrors.required(path.child("command"));
    case "httpGet":
      return httpGet && validateHttpGet(httpGet, path);
    case "tcpSocket":
      return validatePort(tcpSocket?.port, path.child("port"));
    case "grpc":
      return validatePort(grpc?.port, path.child("port"));
    case "sleep": {
      const seconds = sleep?.seconds ?? 0;
      const text = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
      return (seconds < 0 || seconds > graceSeconds) && fieldErrors.invalid(path, seconds, text);
    }
  }
}

function validateHttpGet({ path: target, port, scheme, httpHeaders }: V1HTTPGetAction, path: FieldPath): Finding {
  return [
    !target && fieldErrors.required(path.child("path")),
    validatePort(port, path.child("port")),
    scheme && optionalOneOf(path.child("scheme"), scheme, ["HTTP", "HTTPS"]),
    each(
      httpHeaders,
      path.child("httpHeaders"),
      ({ name }) =>
        !HEADER_NAME.test(name ?? "") && fieldErrors.invalid(path.child("httpHeaders"), name ?? "", HEADER_MESSAGE),
    ),
  ];
}

function validatePort(port: number | string | undefined, path: FieldPath): FieldError[] {
  const value = port ?? 0;
  return invalidTexts(path, value, typeof value === "number" ? isValidPortNumber(value) : isValidPortName(value));
}
