import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { GrpcServices } from "../rpc/grpc-services.ts";
import { listen, type TlsOptions } from "./listen.ts";
import { handler } from "./testing/test-service.ts";
import { type LimitFlags, parseTlsLimits, type TlsLimits } from "./tls-limits.ts";

type Names = Pick<TlsLimits, "commonNames" | "hostnames">;

const FLAGS: LimitFlags = { tlsMinVersion: "TLS1.2", tlsMaxVersion: "", cipherSuites: [] };
const ANYBODY: Names = { commonNames: [], hostnames: [] };
const GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";

const WRONG: readonly [flags: Partial<LimitFlags>, names: Partial<Names>, message: RegExp][] = [
  [
    { tlsMinVersion: "TLS1.3", tlsMaxVersion: "TLS1.2" },
    {},
    /min version \(TLS1.3\) is greater than max version \(TLS1.2\)/,
  ],
  [{ tlsMinVersion: "TLS1.3", cipherSuites: [GCM] }, {}, /cannot be configured when only TLS1.3/],
  [{ cipherSuites: ["TLS_NOTHING"] }, {}, /unexpected TLS cipher suite "TLS_NOTHING"/],
  [{}, { commonNames: ["a"], hostnames: ["b"] }, /mutually exclusive \(cn=\[a\], hostname=\[b\]\)/],
];

describe("limits of TLS", function () {
  this.timeout(20_000);
  let directory: string;
  let files: { caFile: string; certFile: string; keyFile: string };
  let pair: { cert: string; key: string; ca: string };
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-tls-"));
    const authority = await createAuthority("test");
    const { certPem, keyPem } = await issueCertificate(authority, {
      commonName: "alice",
      subjectAltNames: ["localhost", "a.example"],
      usages: ["server", "client"],
    });
    files = { caFile: join(directory, "ca"), certFile: join(directory, "cert"), keyFile: join(directory, "key") };
    await writeFile(files.caFile, authority.certPem);
    await writeFile(files.certFile, certPem);
    await writeFile(files.keyFile, keyPem);
    pair = { cert: certPem, key: keyPem, ca: authority.certPem };
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** What a client that knows these versions is answered: the version agreed on, or that it is not let in. */
  async function connecting(
    limits: TlsLimits,
    maxVersion: "TLSv1.2" | "TLSv1.3",
    options: Partial<TlsOptions> = {},
  ): Promise<string> {
    const tls = { ...files, requiresCertificate: true, limits, ...options };
    const listener = await listen(new URL("https://localhost:0"), tls, {
      grpcServer: new GrpcServices(1024).server,
      http: handler,
      transport: "own",
    });
    try {
      return await new Promise((resolve) => {
        const socket = connect({
          port: listener.port,
          host: "localhost",
          servername: "localhost",
          ...pair,
          maxVersion,
        });
        socket.on("error", () => resolve("refused"));
        socket.on("close", () => resolve("refused"));
        socket.once("data", () => {
          resolve(`${socket.getProtocol()} ${socket.getCipher().standardName}`);
          socket.destroy();
        });
        socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      });
    } finally {
      await listener.stop(0);
    }
  }

  for (const [flags, names, message] of WRONG)
    it(`are refused: ${message.source}`, () =>
      assert.throws(() => parseTlsLimits({ ...FLAGS, ...flags }, { ...ANYBODY, ...names }), { message }));

  it("are versions and suites", async () => {
    const old = parseTlsLimits({ ...FLAGS, cipherSuites: [GCM] }, ANYBODY);
    assert.match(await connecting(old, "TLSv1.2"), /^TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256/);
    assert.match(await connecting(old, "TLSv1.3"), /^TLSv1.3 /);
    assert.equal(
      await connecting(parseTlsLimits({ ...FLAGS, tlsMinVersion: "TLS1.3" }, ANYBODY), "TLSv1.2"),
      "refused",
    );
  });

  it("are none where there is no authority: nobody is asked for a certificate", async () => {
    const open = { caFile: "", requiresCertificate: false };
    assert.match(await connecting(parseTlsLimits(FLAGS, ANYBODY), "TLSv1.3", open), /^TLSv1.3/);
  });

  it("are who may connect", async () => {
    const connectingAs = (names: Partial<Names>) =>
      connecting(parseTlsLimits(FLAGS, { ...ANYBODY, ...names }), "TLSv1.3");
    assert.match(await connectingAs({ commonNames: ["bob", "alice"] }), /^TLS/);
    assert.equal(await connectingAs({ commonNames: ["bob"] }), "refused");
    assert.match(await connectingAs({ hostnames: ["a.example"] }), /^TLS/);
    assert.equal(await connectingAs({ hostnames: ["b.example"] }), "refused");
  });
});
