/**
 * Replaces `$(NAME)` by the variable's value; unknown names stay as written, `$$` is one dollar sign.
 * (API reference of Container: command, args, env.)
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  let result = "";
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (character !== "$" || index + 1 >= text.length) {
      result += character;
      continue;
    }
    const next = text[index + 1];
    const end = next === "(" ? text.indexOf(")", index + 2) : -1;
    if (next === "$") {
      result += "$";
      index++;
    } else if (next === "(" && end >= 0) {
      const name = text.slice(index + 2, end);
      result += lookup(name) ?? `$(${name})`;
      index = end;
    } else if (next === "(") {
      // No closing bracket: upstream passes the opening through and goes on behind it.
      result += "$(";
      index++;
    } else {
      result += `$${next}`;
      index++;
    }
  }
  return result;
}
