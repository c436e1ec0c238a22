// Chromium: the time for one receipt with kept inputs beside JSON.parse and ajv, as receipts.mjs measures it in Node, and
// the longest task on the thread of a page that checks 10 000 receipts in a worker, and of one that checks them itself.
//
//     node bench/browser.mjs [--receipts 10000] [--require 3] [--task 50]
//
// With --require and --task, the exit code is 1 if the ratio is higher, or the thread works on a task for more
// milliseconds. What a task takes includes the time in which other programs have the processors.

import { parseArgs } from "node:util";
import { build } from "esbuild";
import { browserPath, checkedInPage, tasksOf, withPage } from "../test/support/browser.mjs";
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

await withPage(async (page, address) => {
  await page.goto(`${address}/interop/typescript/bench/browser.html`);
  await page.addScriptTag({
    content: `${bundled.outputFiles[0].text}; window.ajvValidator = ajvValidator.default ?? ajvValidator;`,
  });
  const texts = receipts(text, 50).map((each) => new TextDecoder().decode(each));
  const times = await page.evaluate(timed, { texts, inputs });
  console.log(`JSON.parse and ajv   ${times[0].toFixed(1)} µs`);
  console.log(
    `Checker.check        ${times[1].toFixed(1)} µs, ${(times[1] / times[0]).toFixed(2)} times that`,
  );
  const count = Number(values.receipts);
  for (const inWorker of [true, false]) {
    let seen;
    const tasks = await tasksOf(page, async () => {
      seen = await page.evaluate(checkedInPage, { text, inputs, count, inWorker });
    });
    const most = (what) => Math.max(0, ...tasks.map((task) => task[what])).toFixed(1);
    console.log(
      `${seen.judged} receipts ${inWorker ? "in a worker" : "on the page's thread"}: ${seen.verdict} after ` +
        `${seen.seconds.toFixed(1)} s, ${seen.progress} reports of progress; the longest task of the page took ` +
        `${most("took")} ms, and its thread worked on one for at most ${most("worked")} ms`,
    );
    if (seen.judged !== count || seen.verdict !== "consistent") process.exitCode = 1;
    if (values.task !== undefined && most("worked") > Number(values.task)) process.exitCode = 1;
  }
  if (values.require !== undefined && times[1] > Number(values.require) * times[0]) process.exitCode = 1;
});
