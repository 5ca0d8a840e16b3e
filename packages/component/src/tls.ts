import { readFile } from "node:fs/promises";
import { ChannelCredentials } from "@grpc/grpc-js";

/** Where a process's identity and the authority it trusts lie; PEM files. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** PEM bytes of an identity and of the authority that peers must be signed by. */
export interface TlsMaterial {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads all three files; an error names the file and what it is for. */
export async function loadTls(files: TlsFiles): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all([
    readPem(files.caFile, "certificate authority"),
    readPem(files.certFile, "certificate"),
    readPem(files.keyFile, "private key"),
  ]);
  return { ca, cert, key };
}

export function grpcChannelCredentials(tls: TlsMaterial): ChannelCredentials {
  return ChannelCredentials.createSsl(tls.ca, tls.key, tls.cert);
}

async function readPem(path: string, purpose: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Error(`cannot read the ${purpose} ${path}: ${(cause as Error).message}`, { cause });
  }
}
