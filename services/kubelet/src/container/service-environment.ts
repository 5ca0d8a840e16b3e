import type { V1Service } from "@drydock/kube-api";

/**
 * The variables a pod gets for the Services of its namespace and for the API server's (upstream's docker-links form):
 * `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT`, `WEB_SERVICE_PORT_<NAME>`, `WEB_PORT`, `WEB_PORT_80_TCP`, …
 */
export function serviceEnvironment(services: readonly V1Service[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of [...services].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    const address = service.spec?.clusterIP;
    if (!address || address === "None") continue;
    addService(variables, service, address);
  }
  return variables;
}

function addService(variables: Map<string, string>, service: V1Service, address: string): void {
  const prefix = variableName(service.metadata.name);
  const ports = service.spec?.ports ?? [];
  variables.set(`${prefix}_SERVICE_HOST`, address);
  const host = address.includes(":") ? `[${address}]` : address;
  ports.forEach((port, index) => {
    const protocol = port.protocol ?? "TCP";
    const url = `${protocol.toLowerCase()}://${host}:${port.port}`;
    if (index === 0) {
      variables.set(`${prefix}_SERVICE_PORT`, String(port.port));
      variables.set(`${prefix}_PORT`, url);
    }
    if (port.name) variables.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
    const link = `${prefix}_PORT_${port.port}_${protocol}`;
    variables.set(link, url);
    variables.set(`${link}_PROTO`, protocol.toLowerCase());
    variables.set(`${link}_PORT`, String(port.port));
    variables.set(`${link}_ADDR`, address);
  });
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}
