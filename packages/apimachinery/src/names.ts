/** Rules for names and keys. Each check returns upstream's messages; an empty list means valid. */

const dns1123LabelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const dns1123SubdomainFormat = `${dns1123LabelFormat}(\\.${dns1123LabelFormat})*`;
const dns1035LabelFormat = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualifiedNameFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValueFormat = `(${qualifiedNameFormat})?`;
const wildcardSubdomainFormat = `\\*\\.${dns1123SubdomainFormat}`;
const configMapKeyFormat = "[-._a-zA-Z0-9]+";
const envVarNameFormat = "[-._a-zA-Z][-._a-zA-Z0-9]*";

const labelMessage =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const label1035Message =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const qualifiedNameMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const wildcardMessage =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
const configMapKeyMessage = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
const envVarNameMessage =
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";

function regexMessage(message: string, format: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${format}')`;
  const list = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${list}regex used for validation is '${format}')`;
}

export function maxLengthMessage(maxBytes: number): string {
  return `must be no more than ${maxBytes} bytes`;
}

export function inclusiveRangeMessage(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

interface Rule {
  readonly pattern: RegExp;
  readonly maxLength: number;
  readonly message: string;
}

function rule(format: string, maxLength: number, message: string, ...examples: string[]): Rule {
  return { pattern: new RegExp(`^(?:${format})$`), maxLength, message: regexMessage(message, format, ...examples) };
}

const dns1123Label = rule(dns1123LabelFormat, 63, labelMessage, "my-name", "123-abc");
const dns1123Subdomain = rule(dns1123SubdomainFormat, 253, subdomainMessage, "example.com");
const dns1035Label = rule(dns1035LabelFormat, 63, label1035Message, "my-name", "abc-123");
const wildcardSubdomain = rule(wildcardSubdomainFormat, 253, wildcardMessage, "*.example.com");
const labelValue = rule(labelValueFormat, 63, labelValueMessage, "MyValue", "my_value", "12345");
const qualifiedName = rule(qualifiedNameFormat, 63, qualifiedNameMessage, "MyName", "my.name", "123-abc");

function check(value: string, { pattern, maxLength, message }: Rule): string[] {
  const messages: string[] = [];
  if (value.length > maxLength) messages.push(maxLengthMessage(maxLength));
  if (!pattern.test(value)) messages.push(message);
  return messages;
}

/** A DNS label: at most 63 of `[a-z0-9-]`. */
export function isDns1123Label(value: string): string[] {
  const messages = check(value, dns1123Label);
  // What is a subdomain has dots, and nothing else against it.
  const hasDots = messages.at(-1) === dns1123Label.message && dns1123Subdomain.pattern.test(value);
  return hasDots ? [...messages.slice(0, -1), "must not contain dots"] : messages;
}

/** Dot-separated DNS labels, at most 253. */
export const isDns1123Subdomain = (value: string): string[] => check(value, dns1123Subdomain);

/** A DNS label that starts with a letter (Service names). */
export const isDns1035Label = (value: string): string[] => check(value, dns1035Label);

/** `*.` before a DNS subdomain. */
export const isWildcardDns1123Subdomain = (value: string): string[] => check(value, wildcardSubdomain);

export const isValidLabelValue = (value: string): string[] => check(value, labelValue);

/** A label or annotation key: `name` or `prefix/name`. */
export function isQualifiedName(value: string): string[] {
  const parts = value.split("/");
  const messages: string[] = [];
  const [first = "", second] = parts;
  if (parts.length > 2) {
    return [
      `a qualified name ${qualifiedName.message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (second !== undefined) {
    if (first === "") messages.push("prefix part must be non-empty");
    else messages.push(...isDns1123Subdomain(first).map((message) => `prefix part ${message}`));
  }
  const name = second ?? first;
  if (name === "") messages.push("name part must be non-empty");
  else if (name.length > 63) messages.push(`name part ${maxLengthMessage(63)}`);
  if (!qualifiedName.pattern.test(name)) messages.push(`name part ${qualifiedName.message}`);
  return messages;
}

/** A domain-prefixed path such as `example.com/my-finalizer`. */
export function isDomainPrefixedPath(value: string): string[] {
  const slash = value.indexOf("/");
  if (slash <= 0 || slash === value.length - 1) {
    return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  }
  const messages = isDns1123Subdomain(value.slice(0, slash)).map((message) => `invalid domain prefix: ${message}`);
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(value.slice(slash + 1))) {
    messages.push("Invalid path");
  }
  return messages;
}

/** A port name: an IANA service name. */
export function isValidPortName(value: string): string[] {
  const messages: string[] = [];
  if (value.length > 15) messages.push(maxLengthMessage(15));
  if (!/^[-a-z0-9]+$/.test(value)) {
    messages.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) messages.push("must contain at least one letter (a-z)");
  if (value.includes("--")) messages.push("must not contain consecutive hyphens");
  if (value !== "" && (value.startsWith("-") || value.endsWith("-"))) {
    messages.push("must not begin or end with a hyphen");
  }
  return messages;
}

export function isValidPortNumber(value: number): string[] {
  return Number.isInteger(value) && value >= 1 && value <= 65535 ? [] : [inclusiveRangeMessage(1, 65535)];
}

export function isConfigMapKey(value: string): string[] {
  const messages: string[] = [];
  if (value.length > 253) messages.push(maxLengthMessage(253));
  if (!new RegExp(`^${configMapKeyFormat}$`).test(value)) {
    messages.push(regexMessage(configMapKeyMessage, configMapKeyFormat, "key.name", "KEY_NAME", "key-name"));
  }
  return [...messages, ...dotsMessages(value)];
}

const relaxedEnvVarNameMessage =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";

/** The rule since 1.34: any printable ASCII but `=`. */
export function isEnvVarName(value: string): string[] {
  if (value === "") return ["environment variable name must be non-empty"];
  return /^[ -<>-~]+$/.test(value) ? [] : [`${relaxedEnvVarNameMessage} (regex used for validation is '^[ -<>-~]+$')`];
}

/** The rule before 1.34, still what a process shell expects. */
export function isPortableEnvVarName(value: string): string[] {
  const valid = new RegExp(`^${envVarNameFormat}$`).test(value);
  const message = regexMessage(envVarNameMessage, envVarNameFormat, "my.env-name", "MY_ENV.NAME", "MyEnvName1");
  return [...(valid ? [] : [message]), ...dotsMessages(value)];
}

function dotsMessages(value: string): string[] {
  if (value === ".") return ["must not be '.'"];
  if (value === "..") return ["must not be '..'"];
  if (value.startsWith("..")) return ["must not start with '..'"];
  return [];
}

/** Names that become a path segment (RBAC roles and bindings). */
export function isPathSegmentName(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return ["/", "%"]
    .filter((character) => value.includes(character))
    .map((character) => `may not contain '${character}'`);
}

export function isValidPercent(value: string): string[] {
  return /^[0-9]+%$/.test(value)
    ? []
    : [
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ];
}
