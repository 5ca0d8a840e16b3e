export { bytesOf, compareBytes, textOf } from "./bytes.ts";
export { type Bucket, type ByteSource, DamagedFileError, type Entry, openDatabase } from "./reader.ts";
export type { Item } from "./tree.ts";
export { type Layout, planDatabase, writeDatabase } from "./writer.ts";
