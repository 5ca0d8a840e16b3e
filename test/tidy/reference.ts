import { parse } from "yaml";
import { declaredKinds } from "./declared-kinds.ts";
import { callOf, type Literal, literalOf, propertiesOf } from "./object-literals.ts";
import { read, workspaces } from "./repository.ts";
import { sourceAt, walk } from "./sources.ts";

/** The pages of docs/reference/, rendered from what the code declares. */

const services = workspaces.map(({ directory }) => directory).filter((path) => path.startsWith("services/"));

export function renderFlags(): string {
  const sections = services.map((service) => {
    const rows = flagsOf(service).map(
      ({ name, type, help, fallback }) => `| \`--${name}\` | ${type} | ${fallback} | ${help} |`,
    );
    return `## ${service.replace("services/", "")}\n\n| flag | type | default | what it is |\n|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  return `# Flags

From each service's \`src/config.ts\` and what it is made of. A flag without a default must be given. All services take \`--log-format\` (\`json\`, \`text\`), \`--log-level\` and \`--help\` too; they log to standard output, the store to standard error.

${sections.join("\n")}`;
}

interface Flag {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly fallback: string;
}

function flagsOf(service: string): Flag[] {
  const flags: Flag[] = [];
  const ofParts = [...sourceAt.keys()].filter(
    (path) => path.startsWith(`${service}/src/`) && path.endsWith("-flags.ts"),
  );
  for (const path of [`${service}/src/config.ts`, ...ofParts.sort()]) {
    const tree = sourceAt.get(path)?.tree;
    if (!tree) continue;
    walk(tree, (node) => {
      for (const [name, value] of propertiesOf(node)) {
        const call = callOf(value);
        if (!call?.name.endsWith("Flag")) continue;
        const options = literalOf(call.args.at(-1)) as Readonly<Record<string, Literal>>;
        const type = call.name === "choiceFlag" ? choices(literalOf(call.args[0])) : typeName(call.name);
        flags.push({ name, type, help: escapeHtml(String(options["help"])), fallback: fallbackOf(options, call.name) });
      }
    });
  }
  return flags;
}

function typeName(call: string): string {
  const names: Readonly<Record<string, string>> = {
    stringFlag: "text",
    stringListFlag: "list",
    booleanFlag: "true or false",
    integerFlag: "number",
    portFlag: "port",
    durationMsFlag: "duration",
  };
  const name = names[call];
  if (!name) throw new Error(`reference.ts does not know ${call}`);
  return name;
}

function choices(values: Literal): string {
  return (values as readonly string[]).map((value) => `\`${value}\``).join(", ");
}

function fallbackOf(options: Readonly<Record<string, Literal>>, call: string): string {
  const value = options["default"];
  if (value === undefined) return "";
  if (value === "" || (Array.isArray(value) && value.length === 0)) return "empty";
  if (call === "durationMsFlag") return `\`${Number(value) / 1000}s\``;
  return `\`${Array.isArray(value) ? value.join(",") : value}\``;
}

interface ComposeService {
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: { readonly lab?: { readonly ipv4_address?: string } };
}

export function renderPorts(): string {
  const compose = parse(read("docker-compose.yml"), { merge: true }) as { services: Record<string, ComposeService> };
  const rows = Object.entries(compose.services)
    .filter(([name]) => name !== "setup")
    .map(([name, { ports = [], networks }]) => {
      const address = withDefaults(networks?.lab?.ipv4_address ?? "");
      return `| ${name} | ${address} | ${ports.map((port) => `\`${withDefaults(port)}\``).join(", ")} |`;
    });
  const listening = services.flatMap((service) =>
    flagsOf(service)
      .filter(({ type }) => type === "port")
      .map(
        ({ name, help, fallback }) => `| ${service.replace("services/", "")} | ${fallback} | \`--${name}\` | ${help} |`,
      ),
  );
  return `# Ports and addresses

What each process listens on, by its flags; etcd-node takes URLs instead: clients 2379, peers 2380, and in the lab health and metrics on 127.0.0.1:2381.

| service | port | flag | what it is |
|---|---|---|---|
${listening.join("\n")}

The containers of the lab, from \`docker-compose.yml\`, with default settings. Published ports are written host:container. A kube-proxy shares
the network namespace of its node.

| container | address | published |
|---|---|---|
${rows.join("\n")}
`;
}

/** What compose makes of \`\${NAME:-default}\` when nothing is set. */
function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:-([^}]*)\}/g, "$1");
}

export function renderResources(): string {
  const rows = declaredKinds
    .map((declared) => ({ ...declared, groupVersion: groupVersionOf(declared.schema) }))
    .sort((a, b) => compare(a.groupVersion, b.groupVersion) || compare(a.resource, b.resource))
    .map(({ kind, resource, groupVersion, isNamespaced, shortNames, hasStatus, hasScale, subresources }) => {
      const below = [...(hasStatus ? ["status"] : []), ...(hasScale ? ["scale"] : []), ...subresources];
      return `| ${groupVersion} | ${resource} | ${kind} | ${isNamespaced ? "yes" : "no"} | ${shortNames.join(", ")} | ${below.join(", ")} |`;
    });
  const answered = virtualKinds().map((name) => `- ${name}`);
  return `# Resources

Kinds, from their declarations in \`services/apiserver/src/resources/\`. All are stored but ComponentStatus, which is made when it is asked for.

| API version | resource | kind | in namespaces | short names | subresources |
|---|---|---|---|---|---|
${rows.join("\n")}

Questions that are answered and not stored (\`create\` only):

${answered.join("\n")}
`;
}

/** \`io.k8s.api.apps.v1.Deployment\` → \`apps/v1\`. */
function groupVersionOf(schema: string): string {
  const [group = "", version = ""] = schema.split(".").slice(-3);
  const domains: Readonly<Record<string, string>> = {
    core: "",
    admissionregistration: "admissionregistration.k8s.io",
    apiextensions: "apiextensions.k8s.io",
    apiregistration: "apiregistration.k8s.io",
    apps: "apps",
    autoscaling: "autoscaling",
    batch: "batch",
    certificates: "certificates.k8s.io",
    coordination: "coordination.k8s.io",
    discovery: "discovery.k8s.io",
    events: "events.k8s.io",
    flowcontrol: "flowcontrol.apiserver.k8s.io",
    networking: "networking.k8s.io",
    node: "node.k8s.io",
    policy: "policy",
    rbac: "rbac.authorization.k8s.io",
    resource: "resource.k8s.io",
    scheduling: "scheduling.k8s.io",
    storage: "storage.k8s.io",
  };
  const domain = domains[group];
  if (domain === undefined) throw new Error(`reference.ts does not know the group of ${schema}`);
  return domain === "" ? version : `${domain}/${version}`;
}

/** Resource and kind as `defineReview(group, resource, kind, …)` has them. */
function virtualKinds(): string[] {
  const found: string[] = [];
  for (const file of ["access-reviews.ts", "identity-reviews.ts"]) {
    const tree = sourceAt.get(`services/apiserver/src/virtual/${file}`)?.tree;
    if (!tree) continue;
    walk(tree, (node) => {
      const call = callOf(node);
      if (call?.name !== "defineReview") return;
      const [, resource, kind] = call.args.map((argument) => literalOf(argument));
      found.push(`${kind} (\`${resource}\`)`);
    });
  }
  if (found.length === 0) throw new Error("reference.ts finds no reviews");
  return found.sort();
}

function escapeHtml(text: string): string {
  return text.replaceAll("<", "&lt;");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
