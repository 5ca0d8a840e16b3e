import { forApiAudiences, type TokenAuthenticator } from "./token-authenticator.ts";
import type { UserInfo } from "./user-info.ts";

/** The tokens of a `--token-auth-file`: lines of token, user, uid and, in quotes, groups. */
export function staticTokens(text: string, apiAudiences: readonly string[]): TokenAuthenticator {
  const users = parseTokenFile(text);
  return forApiAudiences(apiAudiences, (token) => {
    const user = users.get(token);
    return user && { kind: "user", user, audiences: [] };
  });
}

/** Throws when a line has too few columns. */
export function parseTokenFile(text: string): Map<string, UserInfo> {
  const users = new Map<string, UserInfo>();
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [token = "", name = "", uid = "", groups = ""] = columnsOf(line);
    const found = columnsOf(line).length;
    if (found < 3) throw new Error(`must have at least 3 columns (token, user name, user uid), found ${found}`);
    if (token === "") continue;
    users.set(token, {
      name,
      ...(uid && { uid }),
      groups: groups === "" ? [] : groups.split(",").map((group) => group.trim()),
    });
  }
  return users;
}

function columnsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? "").trim() : quoted.replaceAll('""', '"'),
  );
}
