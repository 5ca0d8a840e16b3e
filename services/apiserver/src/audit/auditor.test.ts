import assert from "node:assert/strict";
import { silentLogger } from "@drydock/component";
import { parseRequestInfo } from "../http/request-info.ts";
import type { AuditBackend } from "./audit-backend.ts";
import type { Audited, AuditSource } from "./audited.ts";
import { Auditor } from "./auditor.ts";
import { parseAuditPolicy } from "./policy.ts";

const policy = parseAuditPolicy("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Metadata }]");

/** Whether a request of these backends has to wait, and may go on then. */
async function outcomeOf(...backends: AuditBackend[]): Promise<boolean | "at once"> {
  const subject = {
    info: parseRequestInfo("GET", "/api/v1/pods", new URLSearchParams()),
    user: { name: "joe", groups: [] },
    auditId: "1",
    startedAtMs: 0,
    isLongRunning: false,
    earlyAnnotations: {},
    impersonator: undefined,
    audit: undefined,
  } as unknown as Audited;
  const source: AuditSource = { requestUri: "/", userAgent: "", sourceIps: () => [], statusCode: () => 200 };
  const record = new Auditor(policy, backends, silentLogger()).begin(subject, source);
  return (await record?.received) ?? "at once";
}

describe("requests and where their events go", () => {
  const works: AuditBackend = { write: async () => {} };
  const fails: AuditBackend = { write: () => Promise.reject(new Error("no")) };
  const throws = () => {
    throw new Error("no");
  };
  const table: [string, AuditBackend[], boolean | "at once"][] = [
    ["do not wait for who writes at once", [{ write() {} }, { write: throws }], "at once"],
    ["wait for who blocks", [works], true],
    ["go on when that fails", [works, fails], true],
    ["do not go on when that is strict", [works, { ...fails, isStrict: true }], false],
    ["do not go on when one that is strict fails at once", [{ write: throws, isStrict: true }], false],
  ];
  for (const [what, backends, expected] of table)
    it(what, async () => assert.equal(await outcomeOf(...backends), expected));
});
