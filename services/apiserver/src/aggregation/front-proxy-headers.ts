import type { OutgoingHttpHeaders } from "node:http";
import type { UserInfo } from "../authentication/user-info.ts";

/** Whom the server speaks for, as servers behind it believe it when it shows its certificate. */
export function frontProxyHeaders({ name, uid, groups, extra = {} }: UserInfo): OutgoingHttpHeaders {
  return {
    "X-Remote-User": name,
    ...(uid && { "X-Remote-Uid": uid }),
    ...(groups.length > 0 && { "X-Remote-Group": [...groups] }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`X-Remote-Extra-${escapeKey(key)}`, [...values]]),
    ),
  };
}

/** What a header's name cannot hold is percent-encoded. */
function escapeKey(key: string): string {
  return [...Buffer.from(key.toLowerCase(), "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      const isToken = /[a-z0-9!#$&'*+.^_`|~-]/.test(character);
      return isToken ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
