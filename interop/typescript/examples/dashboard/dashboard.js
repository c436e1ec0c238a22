// In a project: import { … } from "psion-contract".
import { CheckWorker, droppedEntries, selectedEntries, summarise } from "../../dist/index.js";

const checks = new CheckWorker(new Worker("../../dist/worker.js", { type: "module" }));
const [status, findings, receipts, files] = document.querySelectorAll("[role], section, input");
const [FINDINGS, RECEIPTS] = [200, 50]; // how many are shown
let current = new AbortController();

/** An element such as `p` or `p.class`. Strings become text, so nothing in a document is markup. */
function h(tag, ...children) {
  const [name, className = ""] = tag.split(".");
  const element = Object.assign(document.createElement(name), { className });
  element.append(...children.filter((child) => child !== null));
  return element;
}

async function show(dropped) {
  current.abort();
  const { signal } = (current = new AbortController());
  const onProgress = ({ read, judged }) => (status.textContent = `${read} texts read, ${judged} judged`);
  for (const section of [findings, receipts]) section.replaceChildren();
  try {
    const entries = await dropped;
    signal.throwIfAborted();
    if (!entries.length) return (status.textContent = "There are no files in it.");
    const report = await checks.checkAll(entries, { signal, onProgress, strict: true }).report();
    const { verdict, documents, findings: found, leftAlone } = report;
    status.textContent = `${verdict}: ${documents.length} documents, ${found.length} findings, ${leftAlone.length} ignored`;
    findings.replaceChildren(...found.slice(0, FINDINGS).map(findingView), rest(found.length - FINDINGS));
    let count = 0;
    const shown = documents.filter(({ role }) => role !== "receipt" || ++count <= RECEIPTS);
    const summaries = summarise({ documents: shown }).receipts;
    receipts.replaceChildren(...summaries.map(receiptView), rest(count - RECEIPTS));
  } catch (error) {
    if (!signal.aborted) status.textContent = String(error);
  }
}

const rest = (count) => (count > 0 ? h("p", `And ${count} more.`) : "");

function findingView({ rule, severity, message, expected, related, ...found }) {
  const others = related.map((other) => h("li", place(other), lineView(other)));
  const wanted = expected === undefined ? null : h("p", `expected ${expected}`);
  const title = h("h3", h(`span.${severity}`, `${severity}: `), rule);
  return h("article", title, h("p", message), place(found), lineView(found), wanted, h("ul", ...others));
}

const place = ({ document, line, pointer }) => h("code", `${document}${line ? `:${line}` : ""}#${pointer}`);

/** The line of a finding, marked from its place to the end of the value. */
function lineView({ snippet, column }) {
  if (!snippet) return null;
  const characters = [...snippet.text];
  const before = characters.slice(0, column - snippet.column).join("");
  const rest = snippet.text.slice(before.length);
  const [marked] = /^(?:"(?:[^"\\]|\\.)*"?|[^\s,\]}]+|.?)/u.exec(rest);
  return h("pre", before, h("mark", marked), rest.slice(marked.length));
}

const number = (value, unit, digits) => (value === null ? "–" : (Number(value) / unit).toFixed(digits));
const percent = (share) => number(share, 100, 2);
const loss = (milli) => number(milli, 1000, 3);
const checkpoint = (at) => (at ? `${at.stream_id} at step ${at.step ?? "?"}` : "fresh weights");

function receiptView({ place: { name, pointer }, broken, run_id, stage_id, splits, families, lineage }) {
  const losses = splits.flatMap(({ rows }) => rows.map((row) => Number(row.loss_milli)));
  const pictures = splits.flatMap(({ name: split, rows }) =>
    rows.map((row) => [
      `${split}: ${row.family}`,
      bar(row.token_share_bps, 10000, percent, row.cap_bps),
      percent(row.weight_bps),
      `${percent(row.cap_bps)}${row.above_cap ? " exceeded" : ""}`,
      bar(row.loss_milli, Math.max(1, ...losses), loss),
      loss(row.gap_milli),
    ]),
  );
  const state = (rows, family) => rows.find((row) => row.family === family)?.state ?? "";
  const grid = splits.map((split) => [split.name, ...families.map((family) => state(split.rows, family))]);
  return h(
    "article",
    h("h2", `${run_id ?? "?"} ${stage_id ?? "?"}${broken ? " (broken)" : ""}`),
    h("p", h("code", `${name}#${pointer}`)),
    h("p", `${checkpoint(lineage.base_checkpoint)} → ${checkpoint(lineage.promoted_checkpoint)}`),
    table(["family of a split", "tokens in %", "weight", "cap", "loss", "above train"], pictures),
    table(["split", ...families], grid),
  );
}

/** A picture of a number; the browser colours one above its cap. */
function bar(value, max, written, cap) {
  if (value === null) return "–";
  const meter = { max, high: cap ?? max, optimum: 0, value: Number(value), ariaLabel: written(value) };
  return h("span", Object.assign(h("meter"), meter), ` ${written(value)}`);
}

function table(head, rows) {
  const row = (cells, tag) =>
    h("tr", ...cells.map((cell) => h(tag, cell instanceof Node ? cell : String(cell))));
  return h("table", row(head, "th"), ...rows.map((cells) => row(cells, "td")));
}

files.addEventListener("change", () => show(selectedEntries(files.files)));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  show(droppedEntries(event.dataTransfer));
});
