import { existsSync, readFileSync, statSync } from "node:fs";
import type { Server } from "node:net";
import type { SecureContextOptions, Server as TlsServer } from "node:tls";
import type { TlsFiles } from "@drydock/component";

/** Without an authority nobody is asked for a certificate. */
interface ListenerFiles extends TlsFiles {
  readonly crlFile?: string;
}

/** Reads what the files hold now. */
export function readTlsFiles({ caFile, certFile, keyFile, crlFile }: ListenerFiles): SecureContextOptions {
  return {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ...(caFile ? { ca: readFileSync(caFile) } : {}),
    ...(crlFile ? { crl: readFileSync(crlFile) } : {}),
  };
}

/**
 * Before each new connection looks whether the files have changed and if so reads them. Files that do not fit together, as in the middle of a
 * change, leave everything as it was, until the next connection.
 */
export function followTlsFiles(server: TlsServer, files: ListenerFiles, onProblem: (error: Error) => void): void {
  let inUse = fingerprintOf(files);
  // Before the server's own listener, which begins the handshake.
  (server as Server).prependListener("connection", () => {
    try {
      const found = fingerprintOf(files);
      if (found === inUse) return;
      server.setSecureContext(readTlsFiles(files));
      inUse = found;
    } catch (error) {
      onProblem(error as Error);
    }
  });
}

/**
 * What `read` makes of these files, anew once they have changed: the same value until then. Files that cannot be read then leave everything as it was,
 * until the next call. Throws what `read` throws at first.
 */
export function followFiles<T>(paths: readonly string[], read: () => T): () => T {
  // Before they are read: what changes meanwhile is read again.
  let inUse = paths.every((path) => path === "" || existsSync(path)) ? fingerprintOfAll(paths) : "";
  let value = read();
  return () => {
    try {
      const found = fingerprintOfAll(paths);
      if (found === inUse) return value;
      value = read();
      inUse = found;
    } catch {
      // As in the middle of a change.
    }
    return value;
  };
}

function fingerprintOf({ caFile, certFile, keyFile, crlFile }: ListenerFiles): string {
  return fingerprintOfAll([caFile, certFile, keyFile, crlFile ?? ""]);
}

function fingerprintOfAll(paths: readonly string[]): string {
  return paths
    .filter((path) => path !== "")
    .map((path) => {
      const { ino, size, mtimeMs } = statSync(path);
      return `${ino}:${size}:${mtimeMs}`;
    })
    .join(" ");
}
