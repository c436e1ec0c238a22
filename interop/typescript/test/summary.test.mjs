// What documents say, as pages show it. tests/interop compares it with the Python package.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDocuments, summarise } from "../dist/index.js";
import { canonical, edited } from "./fixtures.mjs";

const RECEIPT = "psion_pretrain_stage_receipt";
const { [RECEIPT]: receipt, psion_training_stage_program: program, ...inputs } = canonical;
const summaryOf = (documents, options = { inputs }) => summarise(checkDocuments(documents, options));

test("a receipt is summarised with the corpus and the policy", () => {
  const { receipts, programs } = summaryOf({ [RECEIPT]: receipt });
  const [summary] = receipts.filter(({ judged }) => judged);
  assert.equal(programs.length, 0);
  assert.deepEqual(summary.references[2], {
    role: "corpus",
    place: { name: "psion_tokenized_corpus_manifest", pointer: "" },
  });
  const [train, ...others] = summary.splits;
  assert.deepEqual(
    [train.name, train.kind, train.in_corpus, train.token_total_bps],
    ["train", "train", true, 10000],
  );
  const [row] = train.rows;
  assert.deepEqual(
    [row.family, row.state, row.loss_milli, row.gap_milli],
    ["engineering_prose", "reported", 3412, null],
  );
  assert.ok(row.weight_bps > 0 && row.cap_bps >= row.token_share_bps && !row.above_cap);
  const held = others.flatMap(({ rows }) => rows).find(({ family }) => family === "engineering_prose");
  assert.equal(held.gap_milli, held.loss_milli - 3412);
  assert.equal(held.cap_bps, null);
  assert.equal(summary.lineage.promoted_checkpoint.step > 0, true);
});

test("what a receipt lacks, has too much of, or exceeds is marked", () => {
  const changed = edited(RECEIPT, (value) => {
    const [first, second] = value.source_family_reports;
    first.token_share_bps_within_split = 9999;
    second.source_family_id = "another";
  });
  const [{ splits, broken }] = summaryOf({ [RECEIPT]: changed }).receipts;
  const states = splits[0].rows.map(({ state }) => state);
  assert.equal(broken, false);
  assert.equal(splits[0].rows[0].above_cap, true);
  assert.equal(states[1], "unknown");
  assert.equal(states.at(-1), "missing");
});

test("a broken document is summarised as far as it can be read", () => {
  const changed = edited(RECEIPT, (value) => {
    value.source_family_reports[0].mean_next_token_loss_milli = -1;
    value.source_family_reports.push(5);
    value.checkpoint_lineage = [];
    delete value.run_id;
  });
  const [summary] = summaryOf({ [RECEIPT]: changed }, {}).receipts;
  assert.deepEqual([summary.broken, summary.run_id, summary.lineage.promoted_checkpoint], [true, null, null]);
  assert.deepEqual([summary.splits[0].in_corpus, summary.splits[0].rows[0].loss_milli], [null, null]);
});

test("a program is summarised by its stages", () => {
  const { programs, receipts } = summaryOf({ program });
  assert.equal(programs[0].stages[0].kind, "pretrain");
  assert.equal(programs[0].stages[0].receipt_digests[0], receipts[0].receipt_digest);
  assert.equal(receipts[0].place.pointer, "/stages/0/pretrain_runs/0");
});
