import { readFileSync, statSync } from "node:fs";
import type { Server } from "node:net";
import type { SecureContextOptions, Server as TlsServer } from "node:tls";
import type { TlsFiles } from "@drydock/component";

/** Reads what the files hold now. */
export function readTlsFiles(files: TlsFiles): SecureContextOptions {
  return { ca: readFileSync(files.caFile), cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) };
}

/**
 * Before each new connection looks whether the files have changed and if so reads them. Files that do not fit together, as in the middle of a
 * change, leave everything as it was, until the next connection.
 */
export function followTlsFiles(server: TlsServer, files: TlsFiles, onProblem: (error: Error) => void): void {
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

function fingerprintOf({ caFile, certFile, keyFile }: TlsFiles): string {
  return [caFile, certFile, keyFile]
    .map((path) => {
      const { ino, size, mtimeMs } = statSync(path);
      return `${ino}:${size}:${mtimeMs}`;
    })
    .join(" ");
}
