import assert from "node:assert/strict";
import type { V1Pod, V1PodSpec } from "@drydock/kube-api";
import { createMemoryRegistry, type MemoryRegistry } from "../../registry/memory-registry.ts";
import { create } from "../../verbs/create.ts";
import { Admission } from "../admission.ts";
import { detailText, type Level, violationsOf } from "./evaluate.ts";
import { podSecurity } from "./pod-security.ts";
import { parsePodSecurityConfig } from "./pod-security-config.ts";
import { parsePolicy } from "./policy.ts";

const LATEST = Number.POSITIVE_INFINITY;
interface Part {
  readonly annotations?: Record<string, string>;
  readonly [field: string]: unknown;
}

const secure = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
} as const;
const container = (securityContext: object = {}, part: object = {}, name = "a") => ({
  name,
  image: "i",
  securityContext: { ...secure, ...securityContext },
  ...part,
});
const told = ({ annotations, ...part }: Part, level: Level, minor = LATEST): string => {
  const spec = { containers: [container()], ...part } as unknown as V1PodSpec;
  return detailText(
    violationsOf({ metadata: { name: "p", ...(annotations ? { annotations } : {}) }, spec }, { level, minor }),
  );
};

describe("the Pod Security Standards", () => {
  const baseline: [string, Part, string][] = [
    ["a pod that keeps all", {}, ""],
    ["the host's namespaces", { hostNetwork: true, hostPID: true }, "host namespaces (hostNetwork=true, hostPID=true)"],
    [
      "privileged containers",
      { containers: [container({ privileged: true }), container({ privileged: true }, {}, "b")] },
      'privileged (containers "a", "b" must not set securityContext.privileged=true)',
    ],
    [
      "capabilities that are not usual",
      { containers: [container({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "CHOWN"] } })] },
      'non-default capabilities (container "a" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    ["the host's files", { volumes: [{ name: "v", hostPath: { path: "/" } }] }, 'hostPath volumes (volume "v")'],
    [
      "the host's ports",
      {
        containers: [
          container(
            {},
            {
              ports: [
                { containerPort: 1, hostPort: 80 },
                { containerPort: 2, hostPort: 443 },
              ],
            },
          ),
        ],
      },
      'hostPort (container "a" uses hostPorts 443, 80)',
    ],
    [
      "probes of other hosts",
      { containers: [container({}, { livenessProbe: { httpGet: { host: "10.0.0.1", port: 1 } } })] },
      'probe or lifecycle host (container "a" uses probe or lifecycle host "10.0.0.1")',
    ],
    [
      "AppArmor that is off, by annotation",
      { annotations: { "container.apparmor.security.beta.kubernetes.io/a": "unconfined" } },
      'forbidden AppArmor profile (container.apparmor.security.beta.kubernetes.io/a="unconfined")',
    ],
    [
      "AppArmor that is off, by field",
      { containers: [container({ appArmorProfile: { type: "Unconfined" } })] },
      'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      "SELinux of one's own",
      { securityContext: { seLinuxOptions: { type: "spc_t", user: "u" } } },
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
    [
      "a proc that is not masked",
      { containers: [container({ procMount: "Unmasked" })] },
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      "seccomp that is off",
      { securityContext: { seccompProfile: { type: "Unconfined" } } },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      "sysctls",
      {
        securityContext: {
          sysctls: [
            { name: "kernel.msgmax", value: "1" },
            { name: "net.ipv4.tcp_rmem", value: "1" },
          ],
        },
      },
      "forbidden sysctls (kernel.msgmax)",
    ],
    [
      "processes of the Windows host",
      { securityContext: { windowsOptions: { hostProcess: true } } },
      "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
    ],
  ];
  for (const [what, part, expected] of baseline)
    it(`baseline: ${what}`, () => {
      assert.equal(told(part, "baseline"), expected);
      assert.equal(told(part, "privileged"), "");
    });

  const restricted: [string, Part, string][] = [
    ["a pod that keeps all", {}, ""],
    [
      "a pod that says nothing",
      { containers: [{ name: "nginx", image: "nginx" }] },
      'allowPrivilegeEscalation != false (container "nginx" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "nginx" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "nginx" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "nginx" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      "volumes of the cluster's other things",
      {
        volumes: [
          { name: "v", nfs: { server: "s", path: "/" } },
          { name: "w", hostPath: { path: "/" } },
          { name: "x", emptyDir: {} },
        ],
      },
      'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")',
    ],
    [
      "capabilities added",
      { containers: [container({ capabilities: { drop: ["ALL"], add: ["CHOWN", "NET_BIND_SERVICE"] } })] },
      'unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    ["root by name", { securityContext: { runAsUser: 0 } }, "runAsUser=0 (pod must not set runAsUser=0)"],
    [
      "root allowed",
      { securityContext: { runAsNonRoot: false }, containers: [container({ runAsNonRoot: undefined })] },
      "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
    ],
    ["root of its own users", { hostUsers: false, containers: [container({ runAsNonRoot: false, runAsUser: 0 })] }, ""],
    [
      "Windows, where nothing else means anything",
      { os: { name: "windows" }, containers: [{ name: "a", image: "i", securityContext: { runAsNonRoot: true } }] },
      "",
    ],
    [
      "what the pod says for its containers",
      {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "Localhost" } },
        containers: [container({ runAsNonRoot: undefined, seccompProfile: undefined })],
      },
      "",
    ],
  ];
  for (const [what, part, expected] of restricted)
    it(`restricted: ${what}`, () => assert.equal(told(part, "restricted"), expected));

  it("are judged by the version that is asked for", () => {
    const probe = { containers: [container({}, { livenessProbe: { tcpSocket: { host: "h", port: 1 } } })] };
    assert.deepEqual([told(probe, "baseline", 33), told(probe, "baseline", 34) !== ""], ["", true]);
    const sysctl = { securityContext: { sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] } };
    assert.deepEqual([told(sysctl, "baseline", 31) !== "", told(sysctl, "baseline", 32)], [true, ""]);
  });

  it("are strictest where a label cannot be understood", () => {
    const { policy, errors } = parsePolicy({
      "pod-security.kubernetes.io/enforce": "strict",
      "pod-security.kubernetes.io/warn-version": "1.2",
    });
    assert.deepEqual(policy.enforce, { level: "restricted", minor: LATEST });
    assert.deepEqual(
      errors.map(({ field, detail }) => [field, detail]),
      [
        ["metadata.labels[pod-security.kubernetes.io/enforce]", "must be one of privileged, baseline, restricted"],
        ["metadata.labels[pod-security.kubernetes.io/warn-version]", 'must be "latest" or "v1.x"'],
      ],
    );
  });
});

describe("PodSecurity", () => {
  let memory: MemoryRegistry;

  beforeEach(async () => {
    memory = await createMemoryRegistry();
    memory.registry.admission = new Admission([podSecurity(memory.registry, parsePodSecurityConfig(undefined))]);
  });
  afterEach(() => memory.stop());

  const namespace = (labels: Record<string, string>) =>
    memory.put("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns", labels } });
  const pod = (name = "p") =>
    memory.put("", "pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "ns", name },
      spec: { containers: [{ name: "a", image: "i" }], hostNetwork: true },
    } as unknown as V1Pod);

  it("refuses a pod that breaks what its namespace enforces", async () => {
    await namespace({ "pod-security.kubernetes.io/enforce": "baseline" });
    await assert.rejects(pod(), {
      code: 403,
      message: 'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    });
  });

  it("warns of what would break another level, of a pod and of what makes pods", async () => {
    await namespace({
      "pod-security.kubernetes.io/warn": "baseline",
      "pod-security.kubernetes.io/warn-version": "v1.29",
    });
    const text = 'would violate PodSecurity "baseline:v1.29": host namespaces (hostNetwork=true)';
    await pod();
    assert.deepEqual(memory.warnings.splice(0), [text]);
    const template = {
      metadata: { labels: { a: "b" } },
      spec: { containers: [{ name: "a", image: "i" }], hostNetwork: true },
    };
    await memory.put("apps", "deployments", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace: "ns", name: "d" },
      spec: { selector: { matchLabels: { a: "b" } }, template },
    } as unknown as V1Pod);
    assert.deepEqual(memory.warnings, [text]);
  });

  it("refuses labels that make no sense", async () => {
    await assert.rejects(
      namespace({ "pod-security.kubernetes.io/enforce": "tight" }),
      /must be one of privileged, baseline, restricted/,
    );
  });

  describe("configured by a file", () => {
    const config = (change: object = {}) => ({
      apiVersion: "pod-security.admission.config.k8s.io/v1",
      kind: "PodSecurityConfiguration",
      defaults: { enforce: "baseline", audit: "restricted", warn: "baseline", "warn-version": "v1.30" },
      exemptions: { usernames: ["exempt"], namespaces: ["kube-system"], runtimeClasses: ["vm"] },
      ...change,
    });
    const KEY = "pod-security.kubernetes.io/";

    const make = async (namespaceName: string, user: string, spec: object) => {
      memory.registry.admission = new Admission([podSecurity(memory.registry, parsePodSecurityConfig(config()))]);
      const annotations: Record<string, string> = {};
      const context = {
        ...memory.contextOf({ name: user, groups: [] }),
        annotate: (key: string, value: string) => void Object.assign(annotations, { [key]: value }),
      };
      const object = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { namespace: namespaceName, name: "p" },
        spec: { containers: [{ name: "a", image: "i" }], hostNetwork: true, ...spec },
      };
      const store = memory.registry.require("", "v1", "pods");
      const outcome = await create(store, { namespace: namespaceName, object, isDryRun: true, context }).then(
        () => "let in",
        (error: Error) => error.message,
      );
      return { outcome, annotations };
    };

    it("its levels count where the namespace says nothing, and the audit log is told", async () => {
      await namespace({});
      const { outcome, annotations } = await make("ns", "jane", {});
      assert.match(outcome, /violates PodSecurity "baseline:latest": host namespaces/);
      assert.equal(annotations[`${KEY}enforce-policy`], "baseline:latest");
      assert.match(
        String(annotations[`${KEY}audit-violations`]),
        /^would violate PodSecurity "restricted:latest": host namespaces \(hostNetwork=true\), allowPrivilegeEscalation/,
      );
    });

    for (const [name, args, why] of [
      ["a namespace", ["kube-system", "jane", {}], "namespace"],
      ["a user", ["ns", "exempt", {}], "user"],
      ["a runtime class", ["ns", "jane", { runtimeClassName: "vm" }], "runtimeClass"],
    ] as const)
      it(`${name} is exempt`, async () => {
        await namespace({});
        const [place, user, spec] = args;
        assert.deepEqual(await make(place, user, spec), { outcome: "let in", annotations: { [`${KEY}exempt`]: why } });
      });

    it("labels of an exempt namespace are of no use", async () => {
      memory.registry.admission = new Admission([podSecurity(memory.registry, parsePodSecurityConfig(config()))]);
      const metadata = { name: "kube-system", labels: { [`${KEY}enforce`]: "restricted" } };
      await memory.put("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
      assert.deepEqual(memory.warnings, [
        'namespace "kube-system" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored',
      ]);
    });

    for (const [change, message] of [
      [{ kind: "Foo" }, /couldn't init .* no kind "Foo" is registered/],
      [{ extra: 1 }, /strict decoding error: unknown field "extra"/],
      [{ defaults: { enforce: "tight" } }, /configuration error: enforce: must be one of privileged, baseline, restri/],
      [{ defaults: { "warn-version": "x" } }, /configuration error: warn-version: must be "latest" or "v1.x"/],
      [{ exemptions: { namespaces: ["A B"] } }, /invalid: exemptions\.namespaces\[0\]: Invalid value: "A B": a lower/],
      [
        { exemptions: { usernames: [""] } },
        /exemptions\.usernames\[0\]: Invalid value: "": username must not be empty/,
      ],
      [{ exemptions: { runtimeClasses: ["a", "a"] } }, /exemptions\.runtimeClasses\[1\]: Duplicate value: "a"/],
    ] as const)
      it(`refuses ${JSON.stringify(change)}`, () =>
        assert.throws(() => parsePodSecurityConfig(config(change)), { message }));
  });
});
