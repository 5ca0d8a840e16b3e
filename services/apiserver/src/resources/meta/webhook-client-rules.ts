import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isDns1123Subdomain,
  isValidPortNumber,
} from "@drydock/apimachinery";
import { type Finding, findings } from "./rules.ts";

interface ServiceReference {
  readonly name?: string;
  readonly namespace?: string;
  readonly path?: string;
  readonly port?: number;
}

const FORM = "; desired format: https://host[/path]";

/** Where a webhook is: at a URL or behind a Service. */
export function validateWebhookClient(
  { url, service }: { readonly url?: string; readonly service?: ServiceReference },
  path: FieldPath,
): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [fieldErrors.required(path, "exactly one of url or service is required")];
  return url === undefined
    ? validateWebhookService(service ?? {}, path.child("service"))
    : validateWebhookUrl(url, path.child("url"));
}

function validateWebhookUrl(text: string, path: FieldPath): FieldError[] {
  // WHATWG's parser repairs what Go's would not, so the parts are taken as they are written.
  const parts = /^(?:([A-Za-z][\w+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(text);
  const [, scheme = "", authority = "", , query = "", fragment = ""] = parts ?? [];
  if (!parts || /\s/.test(text) || (authority !== "" && !URL.canParse(`https://${authority}`)))
    return [fieldErrors.required(path, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URL${FORM}`)];
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const user = at < 0 ? "" : authority.slice(0, at);
  const refuse = (value: string, what: string) => fieldErrors.invalid(path, value, `${what}${FORM}`);
  return findings(
    scheme !== "https" && refuse(scheme, "'https' is the only allowed URL scheme"),
    host === "" && refuse(host, "host must be specified"),
    user !== "" && refuse(user, "user information is not permitted in the URL"),
    fragment !== "" && refuse(fragment, "fragments are not permitted in the URL"),
    query !== "" && refuse(query, "query parameters are not permitted in the URL"),
  );
}

function validateWebhookService({ name, namespace, path: urlPath, port }: ServiceReference, path: FieldPath) {
  return findings(
    !name && fieldErrors.required(path.child("name"), "service name is required"),
    !namespace && fieldErrors.required(path.child("namespace"), "service namespace is required"),
    port !== undefined &&
      isValidPortNumber(port).map((text) =>
        fieldErrors.invalid(path.child("port"), port, `port is not valid: ${text}`),
      ),
    urlPath !== undefined && validateUrlPath(urlPath, path.child("path")),
  );
}

function validateUrlPath(urlPath: string, path: FieldPath): Finding {
  if (urlPath === "" || urlPath === "/") return [];
  if (urlPath === "//") return fieldErrors.invalid(path, urlPath, "segment[0] may not be empty");
  if (!urlPath.startsWith("/")) return fieldErrors.invalid(path, urlPath, "must start with a '/'");
  const segments = urlPath.replace(/^\//, "").replace(/\/$/, "").split("/");
  return segments.map((segment, index) =>
    segment === ""
      ? fieldErrors.invalid(path, urlPath, `segment[${index}] may not be empty`)
      : isDns1123Subdomain(segment).map((text) => fieldErrors.invalid(path, urlPath, `segment[${index}]: ${text}`)),
  );
}

/** A name of at least three segments, so that whoever owns the domain owns the name. */
export function validateFullyQualifiedName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [fieldErrors.required(path)];
  const texts = isDns1123Subdomain(name);
  if (texts.length > 0) return [fieldErrors.invalid(path, name, texts.join(","))];
  return name.split(".").length < 3
    ? [fieldErrors.invalid(path, name, "should be a domain with at least three segments separated by dots")]
    : [];
}
