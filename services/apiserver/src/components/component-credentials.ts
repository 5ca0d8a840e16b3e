import { experimental, type ServerCredentials } from "@grpc/grpc-js";
import type { TlsSource } from "../tls/serving-tls.ts";

/** mTLS of the components' port: clients must show a certificate of the authority; files may change under way. */
export function componentCredentials(source: TlsSource): ServerCredentials {
  const listeners = new Set<() => void>();
  const add = (listener: () => void) => {
    listeners.add(listener);
    process.nextTick(listener);
  };
  source.onChange(() => {
    for (const listener of listeners) listener();
  });
  const provider: experimental.CertificateProvider = {
    addCaCertificateListener: (listener) => add(() => listener({ caCertificate: source.current().ca })),
    addIdentityCertificateListener: (listener) =>
      add(() => listener({ certificate: source.current().cert, privateKey: source.current().key })),
    // The server listens for as long as it lives.
    removeCaCertificateListener: () => listeners.clear(),
    removeIdentityCertificateListener: () => listeners.clear(),
  };
  return experimental.createCertificateProviderServerCredentials(provider, provider, true);
}
