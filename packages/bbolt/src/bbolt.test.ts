import assert from "node:assert/strict";
import {
  type ByteSource,
  bytesOf,
  DamagedFileError,
  type Entry,
  type Item,
  openDatabase,
  planDatabase,
  textOf,
} from "./index.ts";
import { decodeMetaPage, encodeMetaPage, fnv64a } from "./meta.ts";
import { writeDatabase } from "./writer.ts";

function write(buckets: () => Iterable<Item>): Buffer {
  const planning = planDatabase(buckets);
  let step = planning.next();
  while (!step.done) step = planning.next();
  const file = Buffer.concat([...writeDatabase(buckets, step.value)]);
  assert.equal(file.length, step.value.sizeBytes);
  return file;
}

function sourceOf(file: Uint8Array): ByteSource {
  return { sizeBytes: file.length, read: (offset, length) => file.subarray(offset, offset + length) };
}

const item = (key: string, value: Uint8Array = new Uint8Array(0)): Item => ({ key: bytesOf(key), value });
const bucket = (name: string, ...items: Item[]): Item => ({ key: bytesOf(name), items: () => items });

function read(file: Uint8Array, name: string): Entry[] {
  const found = openDatabase(sourceOf(file)).root.bucket(bytesOf(name));
  assert.ok(found, `bucket ${name}`);
  return [...found.entries()];
}

describe("a bbolt file", () => {
  it("has the meta page of the format, byte for byte", () => {
    const meta = { pageBytes: 4096, root: 3, freelist: 2, pageCount: 4, transaction: 1 };
    const page = Buffer.from(encodeMetaPage(1, meta));
    assert.equal(page.length, 4096);
    assert.equal(page.toString("hex", 0, 32), "01000000000000000400000000000000edda0ced020000000010000000000000");
    assert.equal(
      page.toString("hex", 32, 72),
      "03000000000000000000000000000000020000000000000004000000000000000100000000000000",
    );
    assert.equal(page.readBigUInt64LE(72), fnv64a(page.subarray(16, 72)));
    assert.deepEqual(decodeMetaPage(page), meta);
    page[40] = 9;
    assert.equal(decodeMetaPage(page), undefined);
  });

  it("is checked by FNV-1a in 64 bits", () => {
    assert.equal(fnv64a(bytesOf("")), 0xcbf29ce484222325n);
    assert.equal(fnv64a(bytesOf("foobar")), 0x85944171f73967e8n);
  });

  it("gives back many keys in order, through branches of branches", () => {
    const count = 60_000;
    const items = () =>
      Array.from({ length: count }, (_, index) =>
        item(`key/${"long".repeat(20)}/${String(index).padStart(8, "0")}`, bytesOf(`value ${index}`)),
      );
    const file = write(() => [{ key: bytesOf("many"), items }]);
    const found = read(file, "many");
    assert.equal(found.length, count);
    for (const [index, { key, value }] of found.entries()) {
      if (index % 997 !== 0) continue;
      assert.equal(textOf(key).slice(-8), String(index).padStart(8, "0"));
      assert.equal(textOf(value), `value ${index}`);
    }
  });

  it("keeps values and keys larger than a page", () => {
    const sizes = [0, 1, 900, 1100, 4000, 4064, 4065, 4096, 100_000, 3_000_000];
    const items = sizes.map((size, index) =>
      item(`${index}${"k".repeat(index === 4 ? 30_000 : 1)}`, new Uint8Array(size).fill(index)),
    );
    const file = write(() => [bucket("large", ...items)]);
    assert.deepEqual(
      read(file, "large").map(({ value }) => value.length),
      sizes,
    );
    assert.equal(read(file, "large").at(-1)?.value.at(-1), 9);
  });

  it("keeps empty buckets, small ones inside their parent, and buckets in buckets", () => {
    const file = write(() => [
      bucket("a"),
      bucket("b", item("k", bytesOf("v"))),
      bucket("c", item("1", bytesOf("one")), bucket("2", bucket("deep", item("x"))), item("3")),
    ]);
    // Metas, free list, the root, and `c` with `2`, which hold buckets.
    assert.equal(file.length, 6 * 4096);
    assert.deepEqual(read(file, "a"), []);
    assert.equal(textOf(read(file, "b")[0]?.value ?? bytesOf("")), "v");
    const { root } = openDatabase(sourceOf(file));
    assert.deepEqual(
      [...root.buckets()].map(({ name }) => textOf(name)),
      ["a", "b", "c"],
    );
    const deep = root.bucket(bytesOf("c"))?.bucket(bytesOf("2"))?.bucket(bytesOf("deep"));
    assert.equal([...(deep?.entries() ?? [])].length, 1);
    assert.equal(root.bucket(bytesOf("none")), undefined);
    assert.deepEqual([...openDatabase(sourceOf(write(() => []))).root.buckets()], []);
  });

  it("is not made of keys that are out of order, double or empty", () => {
    for (const keys of [["b", "a"], ["a", "a"], [""]])
      assert.throws(() => write(() => [bucket("x", ...keys.map((key) => item(key)))]), /key/);
  });

  it("is refused when it is cut off, damaged or something else", () => {
    const file = write(() => [bucket("x", item("a", new Uint8Array(5000)), item("b"))]);
    assert.throws(() => openDatabase(sourceOf(file.subarray(0, -1))), /truncated: it has 32767 bytes/);
    assert.throws(() => openDatabase(sourceOf(new Uint8Array(9000))), DamagedFileError);
    const oneMeta = Buffer.from(file);
    oneMeta.fill(0, 4096, 8192);
    assert.equal(read(oneMeta, "x").length, 2);
    const wrongPage = Buffer.from(file);
    wrongPage[3 * 4096] = 77;
    assert.throws(() => read(wrongPage, "x"), /page 3 says that it is page 77/);
    const disorder = Buffer.from(file);
    disorder.writeUInt32LE(0xffffff, 3 * 4096 + 16 + 12);
    assert.throws(() => read(disorder, "x"), /behind the end/);
  });
});
