import { exactNumber, toInt64 } from "@drydock/apimachinery";
import type { ScalarTag } from "yaml";

/**
 * How plain words of YAML become JSON, as upstream's decoder has it: YAML 1.1 without its dates and its numbers to the base of sixty,
 * which stay texts.
 */
export const kubeYamlTags: ScalarTag[] = [
  {
    tag: "tag:yaml.org,2002:null",
    default: true,
    test: /^(?:~|null|Null|NULL)?$/,
    resolve: () => null,
  },
  {
    tag: "tag:yaml.org,2002:bool",
    default: true,
    test: /^(?:[yY]|yes|Yes|YES|true|True|TRUE|on|On|ON|[nN]|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
    resolve: (text) => /^(?:y|true|on)/i.test(text),
  },
  {
    tag: "tag:yaml.org,2002:int",
    default: true,
    test: /^[-+]?\d[\d_xXobBa-fA-F]*$/,
    resolve: (text) => numberOf(text) ?? text,
  },
  {
    tag: "tag:yaml.org,2002:float",
    default: true,
    test: /^(?:[-+]?[\d_]+(?:\.[\d_]*)?(?:[eE][-+]?\d+)?|\.[\d_]+(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
    resolve: (text) => numberOf(text) ?? text,
  },
  {
    tag: "tag:yaml.org,2002:binary",
    resolve: (text) => Buffer.from(text, "base64").toString("utf8"),
  },
  { tag: "tag:yaml.org,2002:timestamp", resolve: (text) => text },
];

/** Undefined where a word only begins like a number. */
function numberOf(word: string): number | bigint | undefined {
  const text = word.replaceAll("_", "");
  const special = /^([-+]?)\.(inf|nan)$/i.exec(text);
  if (special) return special[2]?.toLowerCase() === "nan" ? Number.NaN : special[1] === "-" ? -Infinity : Infinity;
  const based = /^([-+]?)0([xX][\da-fA-F]+|[bB][01]+|[oO]?[0-7]+)$/.exec(text);
  if (based) {
    const digits = based[2] as string;
    const value = BigInt(/^\d/.test(digits) ? `0o${digits}` : `0${digits.toLowerCase()}`);
    return toInt64(based[1] === "-" ? -value : value);
  }
  if (/^[-+]?\d+$/.test(text)) return exactNumber(text.replace(/^([-+]?)0+(?=\d)/, "$1").replace("+", ""));
  return /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;
}
