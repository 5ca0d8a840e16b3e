interface Level {
  readonly path: string;
  readonly isArray: boolean;
  /** Of an array, the item that comes; of an object, whether a key comes. */
  index: number;
  wantsKey: boolean;
  key: string;
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** The path of each key of a JSON document that has been parsed before, in the order in which they stand, such as `spec.containers[0].image`. */
export function keyPaths(text: string): string[] {
  const paths: string[] = [];
  const levels: Level[] = [];
  for (const [word] of text.matchAll(token)) {
    const level = levels.at(-1);
    switch (word) {
      case "{":
      case "[":
        levels.push({ path: level ? pathIn(level) : "", isArray: word === "[", index: 0, wantsKey: true, key: "" });
        break;
      case "}":
      case "]":
        levels.pop();
        break;
      case ",":
        if (level) Object.assign(level, { index: level.index + 1, wantsKey: true });
        break;
      case ":":
        break;
      default:
        if (!level || level.isArray || !level.wantsKey) break;
        Object.assign(level, { key: JSON.parse(word), wantsKey: false });
        paths.push(pathIn(level));
    }
  }
  return paths;
}

function pathIn({ path, isArray, index, key }: Level): string {
  if (isArray) return `${path}[${index}]`;
  return path === "" ? key : `${path}.${key}`;
}
