import Docker from "dockerode";

/** Newest API version this code was written against. */
const OWN_API_VERSION = "1.41";

/**
 * A client that speaks a version both sides know: the daemon's newest if it is older than ours, its oldest if that is newer.
 * No single fixed version fits all daemons in use (20.10 ends at 1.41, 29 starts at 1.44).
 */
export async function connectDocker(socketPath: string): Promise<Docker> {
  const unversioned = new Docker({ socketPath });
  const daemon = (await unversioned.version()) as { ApiVersion: string; MinAPIVersion?: string };
  const newest = compareVersions(daemon.ApiVersion, OWN_API_VERSION) < 0 ? daemon.ApiVersion : OWN_API_VERSION;
  const chosen =
    daemon.MinAPIVersion && compareVersions(newest, daemon.MinAPIVersion) < 0 ? daemon.MinAPIVersion : newest;
  return new Docker({ socketPath, version: `v${chosen}` });
}

function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split(".").map(Number);
  const [bMajor = 0, bMinor = 0] = b.split(".").map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}

export function isNotFound(error: unknown): boolean {
  return statusCode(error) === 404;
}

/** 304: already in that state; 409: being removed already, or the name is taken. */
export function statusCode(error: unknown): number {
  return (error as { statusCode?: number }).statusCode ?? 0;
}

/** The daemon's own words, without dockerode's prefix. */
export function dockerMessage(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message?: string };
  return json?.message ?? message ?? String(error);
}
