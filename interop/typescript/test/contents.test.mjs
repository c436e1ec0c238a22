// Compressed files and streams. That compressed files give the report of the command, tests/interop compares.

import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, gzipSync } from "node:zlib";
import { checkAll, Checker, CheckWorker, readEntries, UnreadableError } from "../dist/index.js";
import { Compressed, CorruptError, gunzipped } from "../dist/gzip.js";
import { answerTo } from "../dist/protocol.js";
import { canonical } from "./fixtures.mjs";

const RECEIPT = "psion_pretrain_stage_receipt";
const { [RECEIPT]: receipt, ...others } = canonical;
const inputs = Object.entries(others)
  .filter(([name]) => !name.includes("program"))
  .map(([name, content]) => ({ name: `${name}.json.gz`, content: gzipSync(content) }));
const line = JSON.stringify(JSON.parse(receipt));

/** What gzip data holds that is fed in pieces of some length. */
function unzipped(bytes, length) {
  const data = new Compressed();
  const found = [];
  let at = 0;
  for (const piece of gunzipped(data)) {
    if (piece) found.push(piece);
    else data.feed(at < bytes.length ? bytes.subarray(at, (at += length)) : undefined);
  }
  return Buffer.concat(found);
}

const random = (seed) => () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
const next = random(7);
const bytes = (length, letters) =>
  Buffer.from(Array.from({ length }, () => Math.floor(next() ** 2 * letters)));
const CONTENTS = [
  Buffer.alloc(0),
  Buffer.from("x"),
  Buffer.alloc(600_000),
  bytes(70_000, 256),
  bytes(300_000, 12),
  Buffer.from(`${line}\n`.repeat(100)),
];
const STRATEGIES = [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY];

test("gzip is decompressed, whatever its blocks, its members and the pieces in which it comes", () => {
  for (const content of CONTENTS) {
    for (const strategy of STRATEGIES) {
      for (const level of [0, 1, 9]) {
        const whole = gzipSync(content, { level, strategy });
        for (const length of [1, 1000, 1 << 20]) {
          if (length > 1 || whole.length < 50_000) assert.deepEqual(unzipped(whole, length), content);
        }
        const members = Buffer.concat([whole, Buffer.alloc(3), gzipSync("more")]);
        assert.deepEqual(unzipped(members, 1000), Buffer.concat([content, Buffer.from("more")]));
      }
    }
  }
});

test("gzip with all parts of a header is decompressed", () => {
  const whole = gzipSync("{}");
  const head = [0x1f, 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, 0x61, 0, 0x62, 0x63, 0, 9, 9];
  assert.equal(unzipped(Buffer.concat([Buffer.from(head), whole.subarray(10)]), 1).toString(), "{}");
});

test("gzip that is cut off anywhere or damaged is never passed over", () => {
  const whole = gzipSync(line);
  for (let length = 2; length < whole.length; length++) {
    assert.throws(() => unzipped(whole.subarray(0, length), 100), { message: /^is cut off/ });
  }
  for (let at = 10; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] ^= 1 << (at % 8);
    let found;
    try {
      found = unzipped(damaged, 100).toString();
    } catch (error) {
      assert.ok(error instanceof CorruptError, error.stack);
    }
    assert.ok(
      found === undefined || found === line,
      "bits between the last block and the checksum say nothing",
    );
  }
  assert.throws(() => unzipped(Buffer.concat([whole, Buffer.from("rest")]), 100), { message: /^is damaged/ });
});

test("compressed files are read, also from streams, and one that is cut off is a finding", async () => {
  const many = gzipSync(`${line}\n`.repeat(50));
  const streamed = (data) => new Blob([data]).stream();
  for (const content of [many, new Blob([many]), streamed(many), streamed(`${line}\n`.repeat(50))]) {
    const report = await checkAll([{ name: "log.jsonl.gz", content }], { inputs, strict: true }).report();
    assert.equal(report.verdict, "consistent");
    const judged = report.documents.filter((each) => each.judged);
    assert.deepEqual([judged.length, judged[49].document], [50, "log.jsonl.gz:50"]);
  }
  for (const name of ["log.jsonl", "receipt.json"]) {
    const cut = new Blob([gzipSync(line).subarray(0, -20)]);
    const report = await checkAll([{ name, content: cut, folder: "" }], { inputs }).report();
    assert.equal(report.verdict, "inconsistent");
    const [{ rule, document, message }] = report.findings;
    assert.deepEqual([rule, document], ["invalid-json", name]);
    assert.match(
      message,
      /^the gzip data, after \d+ bytes that could be read, is cut off: it ends in the middle$/,
    );
  }
});

test("a stream travels to a worker", async () => {
  const { port1, port2 } = new MessageChannel();
  answerTo(port2);
  const entries = [{ name: "r.json", content: new Blob([gzipSync(receipt)]).stream() }];
  const report = await new CheckWorker(port1).checkAll(entries, { inputs }).report();
  assert.equal(report.verdict, "consistent");
  port1.close();
});

test("Zstandard is refused by name", async () => {
  const frame = "28b52ffd2004110000" + "7b7d0000";
  const contents = [frame, "502a4d1804000000" + "00000000" + frame].map((each) => Buffer.from(each, "hex"));
  const names = ["a.json.zst", "b.jsonl.zst", "c.json"];
  for (const [name, content] of names.flatMap((name) => contents.map((each) => [name, each]))) {
    await assert.rejects(checkAll([{ name: `t/${name}`, content, folder: "t" }]).report(), (error) => {
      assert.ok(error instanceof UnreadableError);
      assert.match(error.message, new RegExp(`^t/${name}: compressed with Zstandard, .* decompress it`));
      return true;
    });
  }
});

test("a long file is read piece by piece, and a stream that is left is cancelled", async () => {
  let [pulled, isCancelled] = [0, false];
  const content = new ReadableStream(
    {
      pull(controller) {
        pulled++;
        controller.enqueue(new TextEncoder().encode(`${line}\n`.repeat(10)));
      },
      cancel() {
        isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const checker = new Checker(Object.entries(others).filter(([name]) => !name.includes("program")));
  let count = 0;
  for await (const source of readEntries([{ name: "endless.jsonl", content }])) {
    assert.equal(checker.check([source]).verdict, "consistent");
    if (++count === 1000) break;
  }
  assert.ok(isCancelled);
  assert.ok(pulled >= 100 && pulled < 110, `${pulled} pieces for 1000 lines of 10 a piece`);
});

test("a worker that cannot be loaded fails every check", async () => {
  const port = new EventTarget();
  port.postMessage = () => undefined;
  const worker = new CheckWorker(port);
  const first = worker.checkAll([]).report();
  setTimeout(() => port.dispatchEvent(new Event("error")));
  await assert.rejects(first, { message: "the worker failed, or could not be loaded" });
  await assert.rejects(worker.checkAll([]).report(), {
    message: "the worker failed, or could not be loaded",
  });
});
