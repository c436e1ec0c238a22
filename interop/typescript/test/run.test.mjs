// Checks of many documents, and checks in a worker, which a message channel stands for here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAll, Checker, CheckWorker, UnreadableError } from "../dist/index.js";
import { answerTo } from "../dist/protocol.js";
import { canonical, edited } from "./fixtures.mjs";

const RECEIPT = "psion_pretrain_stage_receipt";
const { [RECEIPT]: receipt, ...others } = canonical;
const entry = (name, content) => ({ name: `tree/${name}.json`, content, folder: "tree" });
const inputs = Object.entries(others)
  .filter(([name]) => !name.includes("program"))
  .map(([name, content]) => entry(name, content));
const broken = edited(RECEIPT, (value) => (value.objective_config.label_smoothing_bps = 0));
const receipts = Array.from({ length: 300 }, (_, number) =>
  entry(`r${1000 + number}`, number % 3 ? receipt : broken),
);

/** Both ways to check many documents, with an end of what they need. */
function ways() {
  const { port1, port2 } = new MessageChannel();
  answerTo(port2);
  const close = () => port1.close();
  return { checkAll, worker: (...given) => new CheckWorker(port1).checkAll(...given), close };
}

for (const way of ["checkAll", "worker"]) {
  test(`${way}: the results come one by one, and the report is that of a check at once`, async () => {
    const all = ways();
    const seen = [];
    const said = [];
    const given = [...receipts, entry("x", new Blob(["{}"])), { name: "named.json", content: "[" }];
    const run = all[way](given, { inputs, strict: true, onProgress: (progress) => said.push(progress) });
    for await (const { document, findings } of run) seen.push([document.document, findings.length]);
    const report = await run.report();
    all.close();
    assert.equal(seen.length, 300);
    assert.deepEqual(seen[0], ["tree/r1000.json", 1]);
    assert.deepEqual(seen[299], ["tree/r1299.json", 0]);
    const sources = [...receipts, entry("x", "{}")].map(({ name, content }) => ({
      name,
      text: content,
      named: false,
    }));
    const kept = new Checker(
      inputs.map(({ name, content }) => ({ name, text: content, named: false })),
      { strict: true },
    );
    const expected = kept.check([...sources, { name: "named.json", text: "[" }]);
    assert.deepEqual(report, expected);
    assert.deepEqual(JSON.parse(JSON.stringify(report)), JSON.parse(JSON.stringify(expected)));
    assert.deepEqual(said.at(-1), { read: 302 + inputs.length, judged: 300, documents: 300 });
  });

  test(`${way}: a signal stops it, and so does leaving the loop`, async () => {
    const all = ways();
    const abort = new AbortController();
    const onProgress = () => abort.abort(new Error("enough"));
    await assert.rejects(all[way](receipts, { signal: abort.signal, onProgress }).report(), {
      message: "enough",
    });
    const left = all[way](receipts);
    for await (const _ of left) break;
    await assert.rejects(left.report(), { message: /^the check was stopped before its end/ });
    await assert.rejects(all[way](receipts, { signal: AbortSignal.abort() }).report(), {
      name: "AbortError",
    });
    all.close();
  });

  test(`${way}: a signal stops it also while a stream stalls`, async () => {
    const all = ways();
    let cancel;
    const cancelled = new Promise((resolve) => (cancel = resolve));
    const entries = [{ name: "a.json", content: new ReadableStream({ cancel }) }];
    const run = all[way](entries, { signal: AbortSignal.timeout(20) });
    await assert.rejects(run.report(), { name: "TimeoutError" });
    await cancelled;
    all.close();
  });

  test(`${way}: values and errors are the same`, async () => {
    const all = ways();
    for (const [written, value] of [
      ["1e999", Infinity],
      ["-1e999", -Infinity],
      ["1e16", 1e16],
      ["1.5", 1.5],
      ["-0.25e-7", -0.25e-7],
      ["1.0", 1],
      ["99999999999999999999", 99999999999999999999n],
    ]) {
      const content = new TextDecoder()
        .decode(receipt)
        .replace('"label_smoothing_bps": 40', `"label_smoothing_bps": ${written}`);
      const [{ value: found }] = (await all[way]([entry("r", content)]).report()).documents;
      assert.equal(found.objective_config.label_smoothing_bps, value);
    }
    const content = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd]);
    await assert.rejects(all[way]([{ name: "a.json", content }]).report(), UnreadableError);
    const stream = new ReadableStream({ start: (controller) => controller.error(() => "no") });
    await assert.rejects(all[way]([{ name: "a.json", content: stream }]).report());
    all.close();
  });

  test(`${way}: what goes wrong is thrown`, async () => {
    const all = ways();
    assert.throws(() => all[way]([], { input: [] }), TypeError);
    const unreadable = new Blob(["{}"]);
    unreadable.arrayBuffer = () => Promise.reject(new Error("gone"));
    if (way === "checkAll") {
      await assert.rejects(all[way]([entry("a", unreadable)]).report(), { message: "gone" });
    } else await assert.rejects(all[way]([{ name: "a.json", content: {} }]).report(), TypeError);
    all.close();
  });
}

test("a checker checks many documents with its inputs", async () => {
  const checker = new Checker(inputs.map(({ name, content }) => [name, content]));
  const report = await checker.checkAll([entry("r", receipt)]).report();
  assert.equal(report.verdict, "consistent");
  assert.equal((await checker.checkAll([entry("r", broken)]).report()).findings.length, 1);
});
