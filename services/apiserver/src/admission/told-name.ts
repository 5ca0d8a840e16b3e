import type { ObjectMeta } from "@drydock/apimachinery";

/** What an object is called when it is refused: its name or, while it has none, what that is to begin with. */
export function toldName({ name, generateName }: Partial<ObjectMeta>): string {
  return name || generateName || "Unknown";
}
