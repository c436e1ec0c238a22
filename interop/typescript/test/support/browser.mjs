// Chromium, and a server of the files of the checkout.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
};

/** Where a browser is installed; undefined if none is. */
export const browserPath = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));

/** Runs something with a page, and returns the tasks of its thread that took more than 1 ms, in milliseconds. */
export async function tasksOf(page, act) {
  const browser = page.context().browser();
  // Besides how long a task took, the time that its thread had a processor, whatever else the machine does.
  await browser.startTracing(page, { categories: ["-*", "disabled-by-default-devtools.timeline"] });
  await act();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const isMain = ({ name, args }) => name === "thread_name" && args.name === "CrRendererMain";
  const threads = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`));
  return traceEvents
    .filter(({ name, pid, tid, dur }) => name === "RunTask" && dur > 1000 && threads.has(`${pid} ${tid}`))
    .map(({ dur, tdur }) => ({ took: dur / 1000, worked: tdur / 1000 }));
}

/** Runs in the page: checks many files, in a worker or on the thread of the page. */
export async function checkedInPage({ text, inputs, count, inWorker }) {
  const { checkAll, CheckWorker } = await import("/interop/typescript/dist/index.js");
  const files = [];
  for (let number = 0; number < count; number++) {
    files.push({ name: `runs/${number}.json`, folder: "runs", content: new File([text], `${number}.json`) });
    if (number % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  const started = performance.now();
  let [judged, progress] = [0, 0];
  const options = { inputs, strict: true, onProgress: () => progress++ };
  const worker = () => new CheckWorker(new Worker("/interop/typescript/dist/worker.js", { type: "module" }));
  const run = inWorker ? worker().checkAll(files, options) : checkAll(files, options);
  for await (const { findings } of run) judged += findings.length ? 0 : 1;
  const { verdict } = await run.report();
  return { verdict, judged, progress, seconds: (performance.now() - started) / 1000 };
}

/** Runs something with a page of a server, whose address it gets. */
export async function withPage(act, options) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    try {
      const body = readFileSync(ROOT + path);
      response
        .writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage(options);
    return await act(page, `http://127.0.0.1:${server.address().port}`);
  } finally {
    await browser.close();
    server.close();
  }
}
