// How long a page in chromium works on one task while 10 000 receipts are checked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browserPath, checkedInPage, tasksOf, withPage } from "./support/browser.mjs";
import { canonical } from "./fixtures.mjs";

const RECEIPT = "psion_pretrain_stage_receipt";
const [COUNT, MOST] = [10_000, 50];

test("10 000 receipts never block a page, in a worker or on its thread", { skip: !browserPath }, async () => {
  const { [RECEIPT]: receipt, ...others } = canonical;
  const inputs = Object.entries(others)
    .filter(([name]) => !name.includes("program"))
    .map(([name, content]) => ({ name, content: content.toString() }));
  await withPage(async (page, address) => {
    await page.goto(`${address}/interop/typescript/bench/browser.html`);
    for (const inWorker of [true, false]) {
      const given = { text: receipt.toString(), inputs, count: COUNT, inWorker };
      let seen;
      const tasks = await tasksOf(page, async () => (seen = await page.evaluate(checkedInPage, given)));
      assert.deepEqual([seen.verdict, seen.judged], ["consistent", COUNT]);
      assert.ok(seen.progress > 10);
      // The time in which other programs have the processors is not the page's.
      const longest = Math.max(...tasks.map(({ worked }) => worked));
      assert.ok(longest > 0 && longest < MOST, `${longest} ms of work in one task, inWorker: ${inWorker}`);
    }
  });
});
