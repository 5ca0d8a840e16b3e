import { parseDurationMs } from "@drydock/component";
import { parse } from "yaml";

/** One entry of an AuthorizationConfiguration. */
export type ConfiguredAuthorizer =
  | { readonly type: "Webhook"; readonly name: string; readonly webhook: ConfiguredWebhook }
  | { readonly type: "Node" | "RBAC" | "AlwaysAllow" | "AlwaysDeny"; readonly name: string };

interface ConfiguredWebhook {
  /** Undefined for the cluster that the server runs in. */
  readonly kubeConfigFile: string | undefined;
  readonly timeoutMs: number;
  readonly subjectAccessReviewVersion: string;
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  readonly onFailure: "deny" | "no-opinion";
  readonly matchConditions: readonly string[];
}

interface RawWebhook {
  readonly authorizedTTL?: string;
  readonly unauthorizedTTL?: string;
  readonly cacheAuthorizedRequests?: boolean;
  readonly cacheUnauthorizedRequests?: boolean;
  readonly timeout?: string;
  readonly subjectAccessReviewVersion?: string;
  readonly matchConditionSubjectAccessReviewVersion?: string;
  readonly failurePolicy?: string;
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string };
  readonly matchConditions?: readonly { readonly expression?: string }[];
}

interface RawAuthorizer {
  readonly type?: string;
  readonly name?: string;
  readonly webhook?: RawWebhook;
}

const VERSIONS = ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1"];
const SIMPLE = ["Node", "RBAC", "AlwaysAllow", "AlwaysDeny"];

/** Throws naming all that is wrong. */
export function parseAuthorizers(text: string): ConfiguredAuthorizer[] {
  const config = parse(text) as { apiVersion?: string; kind?: string; authorizers?: readonly RawAuthorizer[] } | null;
  if (!VERSIONS.includes(config?.apiVersion ?? "") || config?.kind !== "AuthorizationConfiguration")
    throw new Error(`no kind "${config?.kind ?? ""}" is registered for version "${config?.apiVersion ?? ""}"`);
  const authorizers = config.authorizers ?? [];
  const problems = authorizers.flatMap((entry, index) => problemsOf(entry, `authorizers[${index}]`));
  if (authorizers.length === 0)
    problems.push("authorizers: Required value: at least one authorization mode must be defined");
  const names = authorizers.map(({ name = "" }) => name);
  const twice = names.filter((name, index) => name !== "" && names.indexOf(name) !== index);
  problems.push(...twice.map((name) => `authorizers: Duplicate value: ${JSON.stringify(name)}`));
  if (problems.length > 0) throw new Error(problems.join(", "));
  return authorizers.map(configured);
}

function problemsOf({ type = "", name = "", webhook }: RawAuthorizer, path: string): string[] {
  const problems: string[] = [];
  if (name === "") problems.push(`${path}.name: Required value`);
  if (SIMPLE.includes(type))
    return webhook
      ? [...problems, `${path}.webhook: Invalid value: may only be specified when type=Webhook`]
      : problems;
  if (type !== "Webhook") return [...problems, `${path}.type: Unsupported value: ${JSON.stringify(type)}`];
  if (!webhook) return [...problems, `${path}.webhook: Required value: required when type=Webhook`];
  const oneOf = (field: keyof RawWebhook, values: readonly string[]) => {
    const value = String(webhook[field] ?? "");
    if (value === "") problems.push(`${path}.webhook.${field}: Required value`);
    else if (!values.includes(value))
      problems.push(`${path}.webhook.${field}: Unsupported value: ${JSON.stringify(value)}`);
  };
  if (!webhook.timeout) problems.push(`${path}.webhook.timeout: Required value`);
  oneOf("subjectAccessReviewVersion", ["v1", "v1beta1"]);
  oneOf("failurePolicy", ["NoOpinion", "Deny"]);
  if (webhook.matchConditions?.length) oneOf("matchConditionSubjectAccessReviewVersion", ["v1"]);
  const { type: connection = "", kubeConfigFile } = webhook.connectionInfo ?? {};
  const at = `${path}.webhook.connectionInfo`;
  if (connection === "InClusterConfig") {
    if (kubeConfigFile)
      problems.push(
        `${at}.kubeConfigFile: Invalid value: ${JSON.stringify(kubeConfigFile)}: can only be set when type=KubeConfigFile`,
      );
  } else if (connection !== "KubeConfigFile")
    problems.push(
      connection === ""
        ? `${at}.type: Required value`
        : `${at}.type: Unsupported value: ${JSON.stringify(connection)}: supported values: "InClusterConfig", "KubeConfigFile"`,
    );
  else if (!kubeConfigFile) problems.push(`${at}.kubeConfigFile: Required value`);
  return problems;
}

function configured({ type, name = "", webhook = {} }: RawAuthorizer): ConfiguredAuthorizer {
  if (type !== "Webhook") return { type: type as "Node", name };
  const isCached = (flag: boolean | undefined, ttl: string) => (flag === false ? 0 : parseDurationMs(ttl));
  return {
    type,
    name,
    webhook: {
      kubeConfigFile: webhook.connectionInfo?.kubeConfigFile,
      timeoutMs: parseDurationMs(webhook.timeout ?? "30s"),
      subjectAccessReviewVersion: webhook.subjectAccessReviewVersion ?? "v1",
      authorizedTtlMs: isCached(webhook.cacheAuthorizedRequests, webhook.authorizedTTL ?? "5m"),
      unauthorizedTtlMs: isCached(webhook.cacheUnauthorizedRequests, webhook.unauthorizedTTL ?? "30s"),
      onFailure: webhook.failurePolicy === "Deny" ? "deny" : "no-opinion",
      matchConditions: (webhook.matchConditions ?? []).map(({ expression = "" }) => expression),
    },
  };
}
