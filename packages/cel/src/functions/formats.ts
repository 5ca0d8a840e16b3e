import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  isValidLabelValue,
} from "@drydock/apimachinery";
import { decodeBase64 } from "../values/base64.ts";
import { parseTimestamp } from "../values/time-text.ts";
import { OpaqueValue, Optional } from "../values/value.ts";
import { byAllSizes, type Library, overloads } from "./declaration.ts";
import { parseUrl } from "./urls.ts";

const typeName = "kubernetes.NamedFormat";

class FormatValue extends OpaqueValue {
  readonly typeName = typeName;
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof FormatValue && other.name === this.name;
  }
}

type Check = (text: string) => string[];

/** A name that generateName completes: a trailing dash stands for what is to come. */
const asPrefix =
  (check: Check): Check =>
  (text) =>
    check(text.length > 1 && text.endsWith("-") ? `${text.slice(0, -1)}a` : text);

const uuid = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
const when = (isValid: boolean, complaint: string) => (isValid ? [] : [complaint]);

const formats: Readonly<Record<string, Check>> = {
  dns1123Label: isDns1123Label,
  dns1123Subdomain: isDns1123Subdomain,
  dns1035Label: isDns1035Label,
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: asPrefix(isDns1123Label),
  dns1123SubdomainPrefix: asPrefix(isDns1123Subdomain),
  dns1035LabelPrefix: asPrefix(isDns1035Label),
  labelValue: isValidLabelValue,
  uri: (text) => when(parseUrl(text) !== undefined, "invalid URI"),
  uuid: (text) => when(uuid.test(text), "does not match the UUID format"),
  byte: (text) => when(decodeBase64(text) !== undefined, "invalid base64"),
  date: (text) => when(parseTimestamp(`${text}T00:00:00Z`) !== undefined, "invalid date"),
  datetime: (text) => when(parseTimestamp(text) !== undefined, "invalid datetime"),
};

function validate(format: FormatValue, text: string): Optional {
  const complaints = formats[format.name]?.(text) ?? [];
  return complaints.length === 0 ? Optional.none : new Optional(complaints);
}

export const formatLibrary: Library = [
  [
    "format.named",
    overloads([`(string): optional(${typeName})`], (name: string) =>
      Object.hasOwn(formats, name) ? new Optional(new FormatValue(name)) : Optional.none,
    ),
  ],
  ["validate", overloads([`${typeName}.(string): optional(list(string))`], validate, byAllSizes)],
  ...Object.keys(formats).map(
    (name) => [`format.${name}`, overloads([`(): ${typeName}`], () => new FormatValue(name))] as const,
  ),
];
