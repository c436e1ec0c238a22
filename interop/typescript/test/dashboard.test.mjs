// The example page in chromium: what it shows of a folder, and that nothing leaves the browser.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { browserPath, withPage } from "./support/browser.mjs";

const PAGE = "interop/typescript/examples/dashboard/index.html";
const RECEIPT = "pretrain/psion_pretrain_stage_receipt_v1.json";
const MARKUP = '<img src=x onerror="window.stolen = 1"><script>window.stolen = 1</script>';

/** Runs something with the page, and with what it said, asked for and threw. */
async function withDashboard(act, options) {
  await withPage(async (page, address) => {
    const [said, asked] = [[], []];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`${address}/${PAGE}`, { waitUntil: "networkidle" });
    for (const url of asked) assert.ok(url.startsWith(`${address}/interop/typescript/`), url);
    const before = asked.length;
    await act(page);
    assert.deepEqual(said, []);
    assert.deepEqual(asked.slice(before), [], "nothing is asked for once there are documents");
  }, options);
}

/** A folder with the canonical documents, one of which is edited. */
function folderWith(edit) {
  const folder = `${mkdtempSync(`${tmpdir()}/psion-dashboard-`)}/runs`;
  mkdirSync(folder);
  cpSync(fileURLToPath(new URL("../../../fixtures/psion", import.meta.url)), folder, { recursive: true });
  rmSync(`${folder}/program`, { recursive: true });
  const receipt = JSON.parse(readFileSync(`${folder}/${RECEIPT}`));
  edit(receipt);
  writeFileSync(`${folder}/${RECEIPT}`, JSON.stringify(receipt, null, 2));
  return folder;
}

const status = (page, pattern) =>
  page.getByRole("status").filter({ hasText: pattern }).waitFor({ timeout: 30_000 });

test("a folder: verdict, findings beside their lines, pictures", { skip: !browserPath }, async () => {
  const folder = folderWith((receipt) => {
    receipt.objective_config.label_smoothing_bps = 0;
    receipt.summary = MARKUP;
    receipt.source_family_reports[0].source_family_id = MARKUP;
  });
  try {
    await withDashboard(async (page) => {
      await page.locator("input").setInputFiles(folder);
      await status(page, /^inconsistent: 9 documents, \d+ findings, 0 ignored$/);
      const finding = page.locator("article", { hasText: "objective-config-mismatch" }).first();
      assert.deepEqual(await finding.locator("pre").first().textContent(), '    "label_smoothing_bps": 0,');
      assert.deepEqual(await finding.locator("mark").allTextContents(), ["0", "40"]);
      assert.match(
        await finding.locator("code").first().textContent(),
        /^runs\/pretrain\/.+:\d+#\/objective_config/,
      );
      assert.match(await finding.textContent(), /expected 40/);
      const shown = page.locator("section[aria-label=Receipts] article");
      assert.equal(await shown.count(), 3);
      const meters = await shown
        .first()
        .locator("meter")
        .evaluateAll((all) => all.map(({ value, max, high }) => [value, max, high]));
      assert.ok(meters.length > 10 && meters.every(([value, max, high]) => value <= max && high <= max));
      const [share] = await shown.nth(1).locator("tr:nth-child(2) td").allTextContents();
      assert.match(share, /^train: <img/);
      assert.match(await page.locator("section[aria-label=Receipts]").textContent(), /missing/);
      assert.equal(await page.evaluate(() => window.stolen), undefined);
      assert.equal(await page.locator("img, section script").count(), 0);
      assert.ok((await page.locator("section[aria-label=Findings]").textContent()).includes("<script>"));
      if (process.env.SCREENSHOTS)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/dashboard-inconsistent.png` });
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test(
  "a sound folder that is dropped is consistent, also on a phone in the dark",
  { skip: !browserPath },
  async () => {
    const folder = folderWith(() => {});
    const phone = { viewport: { width: 390, height: 844 }, colorScheme: "dark" };
    try {
      await withDashboard(async (page) => {
        await page.locator("input").setInputFiles(folder);
        await status(page, /^consistent: 9 documents, 0 findings, 0 ignored$/);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= phone.viewport.width, `${width} pixels are wider than the screen`);
        if (process.env.SCREENSHOTS)
          await page.screenshot({ path: `${process.env.SCREENSHOTS}/dashboard-phone.png`, fullPage: true });
        await page.evaluate(() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["[1.0]"], "dropped.json"));
          dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
        });
        await status(page, /^inconsistent: 0 documents, 1 findings, 0 ignored$/);
        assert.match(await page.locator("article").first().textContent(), /dropped\.json/);
      }, phone);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("the page has fewer than 150 lines of its own", () => {
  const lines = ["index.html", "dashboard.css", "dashboard.js"].map(
    (name) =>
      readFileSync(new URL(`../examples/dashboard/${name}`, import.meta.url), "utf8").split("\n").length - 1,
  );
  assert.ok(lines.reduce((sum, count) => sum + count) < 150, `${lines}`);
});
