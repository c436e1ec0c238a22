// Uses the package as its users do, for the compiler to check the types.

import {
  checkAll,
  Checker,
  checkDocuments,
  CheckWorker,
  type CheckReport,
  type Documents,
  digests,
  parseDocument,
  parseReceipt,
  type PretrainStageReceipt,
  readEntries,
  type RuleName,
  SEVERITIES,
  VERSION,
} from "psion-contract";

const parsed = parseReceipt("{}", { name: "receipt.json", limits: { maxBytes: 1000 } });
if (parsed.ok) {
  const receipt: PretrainStageReceipt = parsed.document;
  const seed: bigint = receipt.replay_receipt.deterministic_shuffle_seed;
  const step: bigint | null | undefined = receipt.checkpoint_lineage.promoted_checkpoint.step;
  const share: number | undefined = receipt.source_family_reports[0]?.token_share_bps_within_split;
  const kind: "train" | "validation" | "test" | "held_out" | "preference" | "replay" | "custom" | undefined =
    receipt.source_family_reports[0]?.split_kind;
  for (const { partition } of receipt.delivered_execution?.execution_topology?.assignments ?? []) {
    if (partition.kind === "tensor_range") console.log(partition.axis, partition.start, partition.end);
    // @ts-expect-error -- only a tensor range has an axis
    else console.log(partition.axis);
  }
  // @ts-expect-error -- a u64 is not a number
  const wrong: number = seed;
  console.log(step, share, kind, wrong, digests.digest(digests.receiptPreimage(receipt)));
} else {
  const rules: string[] = parsed.findings.map((finding) => finding.rule);
  console.log(rules);
}

const config = parseDocument("config", new Uint8Array());
if (config.ok) console.log(config.document.objective_config.max_context_tokens satisfies bigint);

// @ts-expect-error -- a parsed value is not a text
parseReceipt({});
// @ts-expect-error -- texts have names
checkDocuments([new ArrayBuffer(0)], { inputs: new Map([["a", new ArrayBuffer(0)]]) });

const report = checkDocuments({ a: "{}" }, { inputs: { b: new Uint8Array() }, strict: true });
console.log(report.verdict satisfies "consistent" | "inconsistent");

const saved = JSON.parse("{}") as CheckReport; // the output of psion-contract check --format json
console.log(saved.findings[0]?.related[0]?.line satisfies number | null | undefined);

export type Policy = Documents["policy"];

const rule: RuleName = "replay-digest-mismatch";
// @ts-expect-error -- no rule has that name
const unknown: RuleName = "no-such-rule";
console.log(SEVERITIES[rule] satisfies "error" | "warning", unknown, VERSION satisfies string);

const checker = new Checker({ "config.json": "{}" }, { strict: true, limits: { maxLines: 10 } });
for (const { references, value } of checker.check({ a: "{}" }).documents) {
  console.log(references[0]?.target?.document satisfies string | undefined, value["run_id"]);
}
// @ts-expect-error -- a checker has its strictness already
checker.checkAll([], { strict: true });

export async function all(files: File[], worker: Worker, signal: AbortSignal) {
  const entries = files.map((content) => ({ name: content.name, content }));
  for await (const source of readEntries(entries, { excludes: ["old"] })) console.log(source.name);
  const options = { signal, onProgress: ({ judged }: { judged: number }) => console.log(judged) };
  for (const run of [checkAll(entries, options), new CheckWorker(worker).checkAll(entries, options)]) {
    for await (const { document, findings } of run)
      console.log(document.document, findings[0]?.snippet?.text);
    console.log((await run.report()).toJSON().left_alone[0]?.reason);
  }
}
