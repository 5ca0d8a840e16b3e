import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createAuthority, issueCertificate } from "@drydock/pki";

/** Answers every request with as many octets as it is told, from one buffer: what an answer of that size costs at the least. */
const body = Buffer.alloc(Number(process.argv[2]), "x");
const authority = await createAuthority("plain-authority");
const { certPem, keyPem } = await issueCertificate(authority, {
  commonName: "plain",
  subjectAltNames: ["127.0.0.1"],
  usages: ["server"],
});
const server = createSecureServer({ cert: certPem, key: keyPem }, (_request, response) => response.end(body));
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(JSON.stringify({ port, ca: authority.certPem }));
});
