import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isValidIp,
  isValidPortName,
  isValidPortNumber,
} from "@drydock/apimachinery";
import type { V1Container, V1ContainerPort } from "@drydock/kube-api";
import { duplicates, each, findings, invalidTexts, requiredOneOf } from "../meta/rules.ts";

const PROTOCOLS = ["SCTP", "TCP", "UDP"];

export function validatePorts(ports: readonly V1ContainerPort[] | undefined, path: FieldPath): FieldError[] {
  return findings(
    each(ports, path, ({ name, containerPort, hostPort, hostIP, protocol }, at) => [
      name && invalidTexts(at.child("name"), name, isValidPortName(name)),
      containerPort
        ? invalidTexts(at.child("containerPort"), containerPort, isValidPortNumber(containerPort))
        : fieldErrors.required(at.child("containerPort")),
      hostPort !== undefined &&
        hostPort !== 0 &&
        invalidTexts(at.child("hostPort"), hostPort, isValidPortNumber(hostPort)),
      requiredOneOf(at.child("protocol"), protocol, PROTOCOLS),
      hostIP && invalidTexts(at.child("hostIP"), hostIP, isValidIp(hostIP)),
    ]),
    duplicates(
      ports,
      (index) => path.index(index).child("name"),
      ({ name }) => name,
    ),
  );
}

/** Two containers of a pod cannot both have one port of the node; on the node's own network a port is itself. */
export function validateHostPorts(
  containers: readonly V1Container[] | undefined,
  path: FieldPath,
  isHostNetwork: boolean,
): FieldError[] {
  const taken = new Set<string>();
  return each(containers, path, ({ ports }, at) =>
    each(ports, at.child("ports"), ({ protocol, hostIP = "", hostPort, containerPort }, where) => {
      const id = `${protocol}/${hostIP}/${hostPort}`;
      const isTaken = taken.has(id);
      if (hostPort) taken.add(id);
      return [
        // Templates leave it open; pods are given it.
        isHostNetwork &&
          hostPort &&
          hostPort !== containerPort &&
          fieldErrors.invalid(
            where.child("containerPort"),
            containerPort,
            "must match `hostPort` when `hostNetwork` is true",
          ),
        hostPort && isTaken && fieldErrors.duplicate(where.child("hostPort"), id),
      ];
    }),
  );
}
