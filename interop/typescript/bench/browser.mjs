// Chromium: the time for one receipt with kept inputs beside JSON.parse and ajv, as receipts.mjs measures it in Node, and
// the longest task on the thread of a page that checks 10 000 receipts in a worker.
//
//     node bench/browser.mjs [--receipts 10000] [--require 3] [--task 50]
//
// With --require and --task, the exit code is 1 if the ratio is higher, or a task takes more milliseconds.

import { parseArgs } from "node:util";
import { build } from "esbuild";
import { browserPath, withPage } from "../test/support/browser.mjs";
import { canonical, receipts, validatorCode } from "./receipts.mjs";

const options = {
  receipts: { type: "string", default: "10000" },
  require: { type: "string" },
  task: { type: "string" },
};
const { values } = parseArgs({ options });

if (!browserPath) throw new Error("no browser found; set CHROMIUM to its path");

const documents = canonical();
const text = documents["pretrain/psion_pretrain_stage_receipt_v1.json"].toString();
const inputs = Object.entries(documents)
  .filter(([name]) => !/receipt|program/.test(name))
  .map(([name, content]) => ({ name, content: content.toString() }));
const bundled = await build({
  stdin: { contents: validatorCode(), resolveDir: import.meta.dirname, loader: "js" },
  bundle: true,
  format: "iife",
  globalName: "ajvValidator",
  write: false,
});

/** Runs in the page: the median times in microseconds. */
async function timed({ texts, inputs }) {
  const { Checker } = await import("/interop/typescript/dist/index.js");
  const { medians } = await import("/interop/typescript/bench/turns.js");
  const isValid = window.ajvValidator;
  const encoded = texts.map((each) => new TextEncoder().encode(each));
  const checker = new Checker(
    inputs.map(({ name, content }) => [name, content]),
    { strict: true },
  );
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const expect = (isRight) => {
    if (!isRight) throw new Error("not valid");
  };
  return medians(encoded, [
    (bytes) => expect(isValid(JSON.parse(decoder.decode(bytes)))),
    (bytes) => expect(checker.check([["receipt.json", bytes]]).verdict === "consistent"),
  ]);
}

/** Runs in the page: checks many files in a worker, and watches how long the tasks of the page take. */
async function watched({ text, inputs, count }) {
  const { CheckWorker } = await import("/interop/typescript/dist/index.js");
  const worker = new Worker("/interop/typescript/dist/worker.js", { type: "module" });
  const files = [];
  for (let number = 0; number < count; number++) {
    files.push({ name: `runs/${number}.json`, folder: "runs", content: new File([text], `${number}.json`) });
    if (number % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  const long = [];
  new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: "longtask",
  });
  let [longest, last, running] = [0, performance.now(), true];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (running) setTimeout(() => ((last = performance.now()), port2.postMessage(0)));
  };
  port2.postMessage(0);
  const started = performance.now();
  let progress = 0;
  const run = new CheckWorker(worker).checkAll(files, { inputs, strict: true, onProgress: () => progress++ });
  let judged = 0;
  for await (const { findings } of run) judged += findings.length ? 0 : 1;
  const report = await run.report();
  const seconds = (performance.now() - started) / 1000;
  running = false;
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { verdict: report.verdict, judged, progress, seconds, long, longest };
}

await withPage(async (page, address) => {
  await page.goto(`${address}/interop/typescript/bench/browser.html`);
  await page.addScriptTag({
    content: `${bundled.outputFiles[0].text}; window.ajvValidator = ajvValidator.default ?? ajvValidator;`,
  });
  const texts = receipts(text, 50).map((each) => new TextDecoder().decode(each));
  const [ajv, checked] = await page.evaluate(timed, { texts, inputs });
  console.log(`JSON.parse and ajv   ${ajv.toFixed(1)} µs`);
  console.log(`Checker.check        ${checked.toFixed(1)} µs, ${(checked / ajv).toFixed(2)} times that`);
  const seen = await page.evaluate(watched, { text, inputs, count: Number(values.receipts) });
  console.log(
    `${seen.judged} receipts in a worker: ${seen.verdict} after ${seen.seconds.toFixed(1)} s, ${seen.progress} ` +
      `reports of progress; tasks of the page above 50 ms: ${seen.long.length}; longest wait for a task ` +
      `${seen.longest.toFixed(1)} ms`,
  );
  if (values.require !== undefined && checked > Number(values.require) * ajv) process.exitCode = 1;
  if (values.task !== undefined && Math.max(0, ...seen.long) > Number(values.task)) process.exitCode = 1;
  if (seen.judged !== Number(values.receipts) || seen.verdict !== "consistent") process.exitCode = 1;
});
