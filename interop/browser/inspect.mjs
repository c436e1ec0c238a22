// Opens a page in a real browser and says what is there, as JSON.
//
// Usage: node inspect.mjs CHROMIUM PAGE.html [PREFIX]
// With a prefix, it also writes screenshots (PREFIX-phone-dark.png and so on) and PREFIX.pdf.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, file, prefix] = process.argv.slice(2);
const address = pathToFileURL(resolve(file)).href;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const VIEWS = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 800 },
};

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox"], // containers run as root
});

/** Runs in the page: the violations that axe finds. */
const violations = async () => {
  const found = await globalThis.axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map((each) => `${each.id}: ${each.help}: ${each.nodes[0].html.slice(0, 300)}`);
};

/** Runs in the page: what a test compares. */
const structure = () => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const bars = all("svg[role=img]").map((svg) => ({
    label: svg.getAttribute("aria-label"),
    width: svg.getBoundingClientRect().width,
    parts: Object.fromEntries(
      [...svg.children].map((part) => {
        const box = part.getBoundingClientRect();
        const start = svg.getBoundingClientRect().left;
        return [part.getAttribute("class"), part.tagName === "line" ? box.left + box.width / 2 - start : box.width];
      }),
    ),
  }));
  return {
    bars,
    headings: all("h1, h2, h3, h4, h5, h6").map((each) => [Number(each.tagName[1]), each.textContent.trim()]),
    landmarks: all("header, nav, main, footer").map((each) => each.tagName.toLowerCase()),
    title: document.title,
    scripts: all("script").length,
    images: all("img, iframe, object, embed").length,
    handlers: all("*").filter((each) => [...each.attributes].some(({ name }) => name.startsWith("on"))).length,
    dangling: all("a[href^='#']").filter(
      (each) => document.getElementById(each.getAttribute("href").slice(1)) === null,
    ).length,
    foreign: all("[href], [src]").filter((each) => !/^(#|data:,)/.test(each.getAttribute("href") ?? "")).length,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    elements: all("*").length,
    text: document.body.innerText,
  };
};

const report = { console: [], requests: [], violations: {}, overflow: {} };
for (const [view, viewport] of Object.entries(VIEWS)) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport, colorScheme, bypassCSP: true });
    const page = await context.newPage();
    page.on("console", (message) => report.console.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => report.console.push(`error: ${error.message}`));
    page.on("request", (request) => report.requests.push(request.url()));
    const start = performance.now();
    await page.goto(address, { waitUntil: "load" });
    report.load_ms = Math.round(performance.now() - start);
    const found = await page.evaluate(structure);
    report.overflow[`${view}-${colorScheme}`] = found.overflow;
    if (view === "desktop" && colorScheme === "light") report.structure = found;
    if (prefix) {
      const path = `${prefix}-${view}-${colorScheme}.png`;
      await page.screenshot({ path, fullPage: found.elements < 300_000 });
    }
    await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
    await page.evaluate(axe);
    report.violations[`${view}-${colorScheme}`] = await page.evaluate(violations);
    await context.close();
  }
}

// A link to what is in closed details opens them, and the keyboard reaches the skip link first.
const page = await browser.newPage();
await page.goto(address);
await page.keyboard.press("Tab");
report.first_focus = await page.evaluate(() => document.activeElement?.textContent);
const anchor = await page.evaluate(() => document.querySelector("details:not([open]) [id]")?.id ?? null);
if (anchor !== null) {
  await page.goto(`${address}#${anchor}`);
  report.opened_by_link = await page.evaluate(
    (id) => document.getElementById(id).checkVisibility({ contentVisibilityAuto: true }),
    anchor,
  );
}
if (prefix) {
  await page.goto(address);
  await page.pdf({ path: `${prefix}.pdf`, format: "A4" });
}

// The same without its style sheet.
const bare = await browser.newPage({ viewport: VIEWS.desktop, bypassCSP: true });
await bare.goto(address);
await bare.evaluate(() => document.querySelector("style").remove());
report.bare_bars = (await bare.evaluate(structure)).bars.length;
if (prefix) await bare.screenshot({ path: `${prefix}-bare.png`, fullPage: true });

await browser.close();
report.requests = report.requests.filter((url) => url !== address && url !== "data:,");
process.stdout.write(JSON.stringify(report));
