/** What is there beside the groups. */
const OTHERS = [
  "/.well-known/openid-configuration",
  "/api",
  "/apis",
  "/apis/",
  "/flagz",
  "/healthz",
  "/livez",
  "/metrics",
  "/metrics/slis",
  "/openapi/v2",
  "/openapi/v3",
  "/openapi/v3/",
  "/openid/v1/jwks",
  "/readyz",
  "/statusz",
  "/version",
];

/** What `GET /` tells of: the paths that somebody may look at, in order. */
export function rootPaths(
  groups: readonly { readonly name: string; readonly version: string }[],
  others: readonly string[],
): string[] {
  const ofGroups = groups.flatMap(({ name, version }) =>
    name === "" ? [`/api/${version}`] : [`/apis/${name}`, `/apis/${name}/${version}`],
  );
  return [...new Set([...OTHERS, ...others, ...ofGroups])].sort();
}
