/** What is there beside the groups. */
const OTHERS = [
  "/.well-known/openid-configuration",
  "/api",
  "/apis",
  "/apis/",
  "/healthz",
  "/healthz/ping",
  "/livez",
  "/livez/ping",
  "/metrics",
  "/openapi/v2",
  "/openapi/v3",
  "/openapi/v3/",
  "/openid/v1/jwks",
  "/readyz",
  "/readyz/ping",
  "/version",
];

/** What `GET /` tells of: the paths that somebody may look at, in order. */
export function rootPaths(groups: readonly { readonly name: string; readonly version: string }[]): string[] {
  const ofGroups = groups.flatMap(({ name, version }) =>
    name === "" ? [`/api/${version}`] : [`/apis/${name}`, `/apis/${name}/${version}`],
  );
  return [...new Set([...OTHERS, ...ofGroups])].sort();
}
