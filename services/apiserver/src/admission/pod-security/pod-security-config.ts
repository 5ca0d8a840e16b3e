import {
  type FieldError,
  FieldPath,
  fieldErrorMessage,
  fieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
} from "@drydock/apimachinery";
import { defaultPolicyProblem, type PolicyDefaults } from "./policy.ts";

const VERSION = /^pod-security\.admission\.config\.k8s\.io\/v1(beta1|alpha1)?$/;
const FIELDS = new Set(["apiVersion", "kind", "defaults", "exemptions"]);

/** What a PodSecurityConfiguration says: what counts where a namespace says nothing, and who is not judged. */
export interface PodSecurityConfig {
  readonly defaults: PolicyDefaults;
  readonly exemptions: Exemptions;
}

export interface Exemptions {
  readonly usernames: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
  readonly runtimeClasses: ReadonlySet<string>;
}

interface RawConfig {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly defaults?: PolicyDefaults;
  readonly exemptions?: Partial<Record<keyof Exemptions, readonly string[]>>;
}

/** `configuration` is undefined for a server that is told nothing. Throws in upstream's words. */
export function parsePodSecurityConfig(configuration: unknown): PodSecurityConfig {
  const { apiVersion, kind, ...said } = (configuration ?? {}) as RawConfig;
  if (configuration !== undefined) assertKind(apiVersion, kind);
  const unknown = Object.keys(said).find((field) => !FIELDS.has(field));
  if (unknown !== undefined)
    throw new Error(`couldn't init admission plugin "PodSecurity": strict decoding error: unknown field "${unknown}"`);
  const { defaults = {}, exemptions = {} } = said;
  const problem = defaultPolicyProblem(defaults);
  if (problem !== undefined)
    throw new Error(`failed to initialize admission plugin "PodSecurity": PodSecurity configuration error: ${problem}`);
  const { usernames = [], namespaces = [], runtimeClasses = [] } = exemptions;
  const path = FieldPath.of("exemptions");
  const problems = [
    ...listProblems(path.child("namespaces"), namespaces, isDns1123Label),
    ...listProblems(path.child("runtimeClasses"), runtimeClasses, isDns1123Subdomain),
    ...listProblems(path.child("usernames"), usernames, (name) => (name === "" ? ["username must not be empty"] : [])),
  ];
  if (problems.length > 0)
    throw new Error(
      `failed to initialize admission plugin "PodSecurity": PodSecurity invalid: ${problems.map(fieldErrorMessage).join(", ")}`,
    );
  return {
    defaults,
    exemptions: {
      usernames: new Set(usernames),
      namespaces: new Set(namespaces),
      runtimeClasses: new Set(runtimeClasses),
    },
  };
}

function assertKind(apiVersion = "", kind = ""): void {
  if (VERSION.test(apiVersion) && kind === "PodSecurityConfiguration") return;
  throw new Error(
    `couldn't init admission plugin "PodSecurity": no kind "${kind}" is registered for version "${apiVersion}"`,
  );
}

function listProblems(
  path: FieldPath,
  values: readonly string[],
  problemsOf: (value: string) => readonly string[],
): FieldError[] {
  return values.flatMap((value, index) => {
    const at = path.index(index);
    if (values.indexOf(value) < index) return [fieldErrors.duplicate(at, value)];
    return problemsOf(value).map((text) => fieldErrors.invalid(at, value, text));
  });
}
