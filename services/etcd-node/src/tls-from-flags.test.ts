import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFlags, silentLogger } from "@drydock/component";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { etcdFlags } from "./config.ts";
import { memberTlsFrom } from "./tls-from-flags.ts";

describe("TLS by the flags", () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-tls-flags-"));
  const at = (name: string) => join(directory, name);
  before(async () => {
    const authority = await createAuthority("etcd-ca");
    writeFileSync(at("ca.crt"), authority.certPem);
    for (const name of ["a", "b"]) {
      const pair = await issueCertificate(authority, { commonName: name, usages: ["server", "client"] });
      writeFileSync(at(`${name}.crt`), pair.certPem);
      writeFileSync(at(`${name}.key`), pair.keyPem);
    }
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const tlsOf = (...argv: string[]) => {
    const parsed = parseFlags(etcdFlags, { argv });
    assert.ok(parsed.kind === "values", JSON.stringify(parsed));
    return memberTlsFrom(parsed.values, at("data"), silentLogger());
  };
  const pairOf = (prefix: string, name: string) => [
    `--${prefix}cert-file=${at(`${name}.crt`)}`,
    `--${prefix}key-file=${at(`${name}.key`)}`,
  ];

  it("is absent where nothing asks for it", async () => {
    const { clients, peers, toPeers } = await tlsOf();
    assert.deepEqual([clients, peers, toPeers()], [undefined, undefined, {}]);
  });

  it("asks for certificates where an authority is named or they are asked for", async () => {
    const open = await tlsOf(...pairOf("", "a"));
    assert.equal(open.clients?.requiresCertificate, false);
    const named = await tlsOf(...pairOf("", "a"), `--trusted-ca-file=${at("ca.crt")}`);
    assert.equal(named.clients?.requiresCertificate, true);
    const asked = await tlsOf(...pairOf("peer-", "a"), "--peer-client-cert-auth");
    assert.equal(asked.peers?.requiresCertificate, true);
  });

  it("shows peers the certificate that is meant for it", async () => {
    const same = await tlsOf(...pairOf("peer-", "a"));
    const other = await tlsOf(...pairOf("peer-", "a"), ...pairOf("peer-client-", "b"));
    assert.equal(other.peers?.certFile, at("a.crt"));
    assert.notDeepEqual(other.toPeers().cert, same.toPeers().cert);
    assert.equal(other.toPeers().rejectUnauthorized, undefined);
  });

  it("shows peers the certificate that is there now", async () => {
    for (const end of ["crt", "key"]) copyFileSync(at(`a.${end}`), at(`c.${end}`));
    const { toPeers } = await tlsOf(...pairOf("peer-", "c"), `--peer-trusted-ca-file=${at("ca.crt")}`);
    const before = toPeers();
    assert.equal(toPeers(), before);
    copyFileSync(at("b.crt"), at("c.crt"));
    // Half of a change.
    assert.equal(toPeers(), before);
    copyFileSync(at("b.key"), at("c.key"));
    assert.deepEqual(toPeers().cert, readFileSync(at("b.crt")));
    assert.deepEqual(toPeers().ca, before.ca);
  });

  it("makes its own certificates, unless there are some", async () => {
    const made = await tlsOf("--auto-tls", "--peer-auto-tls", `--peer-trusted-ca-file=${at("ca.crt")}`);
    assert.equal(made.clients?.certFile, at("data/fixtures/client/cert.pem"));
    assert.equal(made.peers?.requiresCertificate, false);
    assert.equal(made.toPeers().rejectUnauthorized, false);
    const given = await tlsOf("--auto-tls", ...pairOf("", "a"));
    assert.equal(given.clients?.certFile, at("a.crt"));
  });

  const refusals: Readonly<Record<string, readonly [argv: () => string[], message: string | RegExp]>> = {
    "a listener for clients without a certificate": [
      () => ["--listen-client-urls=https://127.0.0.1:1"],
      "TLS key/cert (--cert-file, --key-file) must be provided for client url https://127.0.0.1:1 with HTTPS scheme",
    ],
    "a listener for metrics without a certificate": [
      () => ["--listen-metrics-urls=https://127.0.0.1:1"],
      "client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url",
    ],
    "a listener for peers without a certificate": [
      () => ["--listen-peer-urls=https://127.0.0.1:1"],
      "cannot listen on TLS for 127.0.0.1:1: KeyFile and CertFile are not presented",
    ],
    "two listeners on one address": [
      () => ["--listen-client-http-urls=http://localhost:2379"],
      "cannot bind both --listen-client-urls and --listen-client-http-urls on the same url http://localhost:2379",
    ],
    "half of a pair": [() => ["--cert-file=x"], "KeyFile and CertFile must both be present[key: , cert: x]"],
    "half of a client's pair": [
      () => [...pairOf("", "a"), "--client-cert-file=x"],
      "ClientKeyFile and ClientCertFile must both be present or both absent: key: , cert: x]",
    ],
    "a pair that is none": [
      () => [...pairOf("", "a"), `--client-cert-file=${at("a.crt")}`, `--client-key-file=${at("b.key")}`],
      /are no pair/,
    ],
    "a certificate that is not there": [
      () => ["--cert-file=/none", "--key-file=/none"],
      /cannot read the certificate \/none/,
    ],
  };
  for (const [what, [argv, message]] of Object.entries(refusals))
    it(`refuses ${what}`, () => assert.rejects(tlsOf(...argv()), { message }));
});
