// What documents say about a run, as plain values for pages and dashboards: shares, losses, coverage, lineage.
//
// The names and the JSON are those of the Python package, whose module psion_contract.evidence.run_summary has more: digests
// and the next step of a program.

import type { DocumentEntry, Report } from "./findings.js";
import { isObject, type JsonObject } from "./json.js";
import type { Role } from "./kinds.js";
import { overlaps, valueAt } from "./pointers.js";

/** An integer of the contract, which is a bigint where a number is not exact. */
export type Integer = number | bigint;

/** Where a document is. */
export interface SummaryPlace {
  name: string;
  pointer: string;
}

/** One source family in one split. What is unknown is null. */
export interface FamilyRow {
  family: string | null;
  /** In the corpus but not reported: `missing`; reported but not in the corpus: `unknown`. */
  state: "reported" | "missing" | "unknown";
  /** Of the row in the text; null if it is missing. */
  pointer: string | null;
  source_ids: readonly string[];
  /** Share of the tokens of the split, in basis points. */
  token_share_bps: Integer | null;
  sequence_share_bps: Integer | null;
  /** Mean next-token loss, in thousandths. */
  loss_milli: Integer | null;
  /** How much higher the loss is than that of the family in the train split; null in the train split itself. */
  gap_milli: Integer | null;
  /** The weight that the policy gives the family, in basis points; only in train splits. */
  weight_bps: Integer | null;
  /** The largest token share that the policy allows, in basis points; only in train splits. */
  cap_bps: Integer | null;
  above_cap: boolean;
}

/** One split of the corpus, as a receipt reports it. */
export interface SplitSummary {
  name: string | null;
  kind: string | null;
  /** Whether the corpus has it; null without a corpus to compare with. */
  in_corpus: boolean | null;
  token_count: Integer | null;
  sequence_count: Integer | null;
  /** Sum of the token shares; 10000 if the split is complete. */
  token_total_bps: Integer;
  sequence_total_bps: Integer;
  /** The reported families in the order of the receipt, then the missing ones in that of the corpus. */
  rows: readonly FamilyRow[];
}

/** A checkpoint, as a document refers to it. */
export interface CheckpointSummary {
  checkpoint_family: string | null;
  stream_id: string | null;
  object_digest: string | null;
  checkpoint_ref: string | null;
  step: Integer | null;
  started_at_ms: Integer | null;
  durable_at_ms: Integer | null;
}

/** The checkpoints of a receipt. */
export interface LineageSummary {
  /** What the stage started from; null for fresh weights. */
  base_checkpoint: CheckpointSummary | null;
  /** A receipt that promotes the base. */
  base_promoted_by: SummaryPlace | null;
  promoted_checkpoint: CheckpointSummary | null;
  promoted_checkpoint_label: string | null;
}

/** What the stage trained for, as the receipt repeats it from its config. */
export interface ObjectiveSummary {
  objective_kind: string | null;
  loss_normalization: string | null;
  label_smoothing_bps: Integer | null;
  max_context_tokens: Integer | null;
}

/** How the order of the data was shown to be reproducible. */
export interface ReplaySummary {
  iteration_mode: string | null;
  shard_ordering: string | null;
  deterministic_shuffle_seed: Integer | null;
  successful_replays: Integer | null;
  exact_replay_observed: boolean | null;
}

/** What one receipt says. */
export interface ReceiptSummary {
  place: SummaryPlace;
  judged: boolean;
  /** Whether it does not match its schema, so that any part of the summary may be missing. */
  broken: boolean;
  run_id: string | null;
  stage_id: string | null;
  receipt_digest: string | null;
  model_id: string | null;
  dataset_identity: string | null;
  sampling_policy_id: string | null;
  sampling_policy_version: string | null;
  summary: string | null;
  objective: ObjectiveSummary;
  replay: ReplaySummary;
  /** What it refers to, directly or through its config. */
  references: readonly { role: Role; place: SummaryPlace | null }[];
  /** Every family of the splits once. */
  families: readonly (string | null)[];
  /** Those with rows in the order of the receipt, then the missing ones in that of the corpus. */
  splits: readonly SplitSummary[];
  lineage: LineageSummary;
}

/** One stage of a program. */
export interface StageSummary {
  stage_id: string | null;
  kind: string | null;
  status: string | null;
  environment_ref: string | null;
  environment_version: string | null;
  entered_at_ms: Integer | null;
  completed_at_ms: Integer | null;
  base_checkpoint: CheckpointSummary | null;
  promoted_checkpoint: CheckpointSummary | null;
  receipt_digests: readonly (string | null)[];
  /** How many traces of each kind it accepted. */
  traces: readonly { trace_kind: string | null; number: number }[];
}

/** Where the run of a stage program has got to. */
export interface ProgramSummary {
  place: SummaryPlace;
  judged: boolean;
  broken: boolean;
  run_id: string | null;
  checkpoint_family: string | null;
  stages: readonly StageSummary[];
}

/** What the documents of a report say, in the order of the report. */
export interface Summaries {
  receipts: ReceiptSummary[];
  programs: ProgramSummary[];
}

/** The members of receipts and programs that are summarised as they are. */
const RECEIPT_TEXTS = [
  ...(["run_id", "stage_id", "receipt_digest", "model_id", "dataset_identity"] as const),
  ...(["sampling_policy_id", "sampling_policy_version", "summary"] as const),
] as const;
const REFERRED = ["config", "descriptor", "corpus", "policy"] as const;

/**
 * Summarises the receipts and stage programs of a report. A summary judges nothing: what a broken document or a missing
 * reference leaves unknown is null, and a list that cannot be read is empty.
 */
export function summarise({ documents }: Pick<Report, "documents">): Summaries {
  const byPlace = new Map(documents.map((entry) => [placeKey(entry), entry]));
  const receipts = documents.filter(({ role }) => role === "receipt");
  const promoters = new Map<string, DocumentEntry>();
  for (const receipt of receipts) {
    const key = checkpointKey(receipt.value, "promoted_checkpoint");
    if (key !== undefined && !promoters.has(key)) promoters.set(key, receipt);
  }
  return {
    receipts: receipts.map((receipt) => receiptSummary(receipt, byPlace, promoters)),
    programs: documents.filter(({ role }) => role === "program").map(programSummary),
  };
}

function placeKey({
  document,
  pointer,
  judged,
}: {
  document: string;
  pointer: string;
  judged: boolean;
}): string {
  return JSON.stringify([document, pointer, judged]);
}

function placeOf(entry: DocumentEntry): SummaryPlace {
  return { name: entry.document, pointer: entry.pointer };
}

function receiptSummary(
  receipt: DocumentEntry,
  byPlace: ReadonlyMap<string, DocumentEntry>,
  promoters: ReadonlyMap<string, DocumentEntry>,
): ReceiptSummary {
  const { value, judged } = receipt;
  const found: Partial<Record<Role, DocumentEntry>> = {};
  const follow = (from: DocumentEntry) => {
    for (const { role, target } of from.references) {
      const entry = target && byPlace.get(placeKey(target));
      if (entry) found[role] = entry;
    }
  };
  follow(receipt);
  if (found.config) follow(found.config);
  const splits = splitsOf(receipt, found.corpus, found.policy);
  const texts = Object.fromEntries(RECEIPT_TEXTS.map((name) => [name, text(value, name)]));
  return {
    place: placeOf(receipt),
    judged,
    broken: receipt.broken.length > 0,
    ...(texts as Record<(typeof RECEIPT_TEXTS)[number], string | null>),
    objective: objectiveOf(value["objective_config"]),
    replay: replayOf(value["replay_receipt"]),
    references: REFERRED.map((role) => ({ role, place: found[role] ? placeOf(found[role]) : null })),
    families: [...new Set(splits.flatMap(({ rows }) => rows.map(({ family }) => family)))],
    splits,
    lineage: lineageOf(receipt, promoters),
  };
}

function objectiveOf(value: unknown): ObjectiveSummary {
  return {
    objective_kind: text(value, "objective_kind"),
    loss_normalization: text(value, "loss_normalization"),
    label_smoothing_bps: integer(value, "label_smoothing_bps"),
    max_context_tokens: integer(value, "max_context_tokens"),
  };
}

function replayOf(value: unknown): ReplaySummary {
  const exact = member(value, "exact_replay_observed");
  return {
    iteration_mode: text(value, "iteration_mode"),
    shard_ordering: text(value, "shard_ordering"),
    deterministic_shuffle_seed: integer(value, "deterministic_shuffle_seed"),
    successful_replays: integer(value, "successful_replays"),
    exact_replay_observed: typeof exact === "boolean" ? exact : null,
  };
}

/** The splits of a receipt and those that it lacks. */
function splitsOf(
  receipt: DocumentEntry,
  corpus: DocumentEntry | undefined,
  policy: DocumentEntry | undefined,
): SplitSummary[] {
  const known =
    corpus && !corpus.broken.some((at) => overlaps(at, "/splits")) ? corpusSplits(corpus) : undefined;
  const weights = firstBy(objects(policy?.value, "source_family_weights"), (weight) =>
    text(weight, "source_family_id"),
  );
  const rows = [...indexed(receipt.value, "source_family_reports")];
  const train = rows.map(([, row]) => row).filter((row) => text(row, "split_kind") === "train");
  const trained = firstBy(train, (row) => text(row, "source_family_id"));
  const planned = (kind: string | null, family: string | null) => {
    const weight = kind === "train" ? weights.get(family) : undefined;
    return {
      weight_bps: integer(weight, "sampling_weight_bps"),
      cap_bps: integer(weight, "maximum_family_token_share_bps"),
    };
  };
  const reported = new Map<string | null, { kind: string | null; rows: FamilyRow[] }>();
  for (const [index, row] of rows) {
    const [name, family, kind] = [
      text(row, "split_name"),
      text(row, "source_family_id"),
      text(row, "split_kind"),
    ];
    if (!reported.has(name)) reported.set(name, { kind, rows: [] });
    const isKnown = !known || known.get(name)?.families.has(family ?? "");
    const plan = planned(kind, family);
    const share = integer(row, "token_share_bps_within_split");
    const loss = integer(row, "mean_next_token_loss_milli");
    const other = kind === "train" ? null : integer(trained.get(family), "mean_next_token_loss_milli");
    reported.get(name)!.rows.push({
      family,
      state: isKnown ? "reported" : "unknown",
      pointer: `${receipt.pointer}/source_family_reports/${index}`,
      source_ids: texts(row, "source_ids"),
      token_share_bps: share,
      sequence_share_bps: integer(row, "sequence_share_bps_within_split"),
      loss_milli: loss,
      gap_milli: loss === null || other === null ? null : exact(BigInt(loss) - BigInt(other)),
      ...plan,
      above_cap: share !== null && plan.cap_bps !== null && share > plan.cap_bps,
    });
  }
  for (const [name, { kind }] of known ?? []) if (!reported.has(name)) reported.set(name, { kind, rows: [] });
  return [...reported].map(([name, { kind, rows }]) => {
    const own = known?.get(name);
    const seen = new Set(rows.map(({ family }) => family));
    for (const family of own?.families ?? []) {
      if (!seen.has(family)) rows.push({ ...MISSING, family, ...planned(kind, family) });
    }
    return {
      name,
      kind,
      in_corpus: known ? own !== undefined : null,
      token_count: own?.token_count ?? null,
      sequence_count: own?.sequence_count ?? null,
      token_total_bps: total(rows.map((row) => row.token_share_bps)),
      sequence_total_bps: total(rows.map((row) => row.sequence_share_bps)),
      rows,
    };
  });
}

const MISSING: FamilyRow = {
  family: null,
  state: "missing",
  pointer: null,
  source_ids: [],
  token_share_bps: null,
  sequence_share_bps: null,
  loss_milli: null,
  gap_milli: null,
  weight_bps: null,
  cap_bps: null,
  above_cap: false,
};

/** A split of a corpus. */
interface CorpusSplit {
  kind: string | null;
  token_count: Integer | null;
  sequence_count: Integer | null;
  families: ReadonlySet<string>;
}

/** The splits of a corpus by name; of splits with the same name, the first one. */
function corpusSplits(corpus: DocumentEntry): Map<string | null, CorpusSplit> {
  const named = objects(corpus.value, "splits").filter((split) => text(split, "split_name") !== null);
  const first = firstBy(named, (split) => text(split, "split_name"));
  return new Map(
    [...first].map(([name, split]): [string | null, CorpusSplit] => [
      name,
      {
        kind: text(split, "kind"),
        token_count: integer(split, "token_count"),
        sequence_count: integer(split, "sequence_count"),
        families: new Set(texts(split, "source_family_ids")),
      },
    ]),
  );
}

function lineageOf(receipt: DocumentEntry, promoters: ReadonlyMap<string, DocumentEntry>): LineageSummary {
  const lineage = receipt.value["checkpoint_lineage"];
  const base = checkpointKey(receipt.value, "base_checkpoint");
  const promoter = base === undefined ? undefined : promoters.get(base);
  return {
    base_checkpoint: checkpoint(valueAt(lineage, "/base_checkpoint")),
    base_promoted_by: promoter && promoter !== receipt ? placeOf(promoter) : null,
    promoted_checkpoint: checkpoint(valueAt(lineage, "/promoted_checkpoint")),
    promoted_checkpoint_label: text(lineage, "promoted_checkpoint_label"),
  };
}

/** The same text for the same checkpoint; undefined where a receipt has none. */
function checkpointKey(receipt: JsonObject, member: string): string | undefined {
  const found = checkpoint(valueAt(receipt, `/checkpoint_lineage/${member}`));
  return found ? JSON.stringify([found.checkpoint_family, found.stream_id, found.object_digest]) : undefined;
}

function checkpoint(value: unknown): CheckpointSummary | null {
  if (!isObject(value)) return null;
  return {
    checkpoint_family: text(value, "checkpoint_family"),
    stream_id: text(value, "stream_id"),
    object_digest: text(value, "object_digest"),
    checkpoint_ref: text(value, "checkpoint_ref"),
    step: integer(value, "step"),
    started_at_ms: integer(value, "started_at_ms"),
    durable_at_ms: integer(value, "durable_at_ms"),
  };
}

function programSummary(program: DocumentEntry): ProgramSummary {
  const { value, judged } = program;
  const recorded = (list: string, member: string) =>
    firstBy(objects(value, list), (record) => text(record, member));
  const transitions = recorded("transitions", "next_stage_id");
  const completions = recorded("completions", "stage_id");
  const promotions = recorded("promotions", "from_stage_id");
  const of = (records: Map<string | null, JsonObject>, id: string | null) =>
    id === null ? undefined : records.get(id);
  return {
    place: placeOf(program),
    judged,
    broken: program.broken.length > 0,
    run_id: text(value, "run_id"),
    checkpoint_family: text(value, "checkpoint_family"),
    stages: objects(value, "stages").map((stage) => {
      const id = text(stage, "stage_id");
      return {
        stage_id: id,
        kind: text(stage, "kind"),
        status: text(stage, "status"),
        environment_ref: text(stage["environment"], "environment_ref"),
        environment_version: text(stage["environment"], "version"),
        entered_at_ms: integer(of(transitions, id), "transitioned_at_ms"),
        completed_at_ms: integer(of(completions, id), "completed_at_ms"),
        base_checkpoint: checkpoint(stage["base_checkpoint"]),
        promoted_checkpoint: checkpoint(of(promotions, id)?.["checkpoint"]),
        receipt_digests: objects(stage, "pretrain_runs").map((receipt) => text(receipt, "receipt_digest")),
        traces: counted(objects(stage, "ingested_traces").map((trace) => text(trace, "trace_kind"))),
      };
    }),
  };
}

function counted(kinds: readonly (string | null)[]): StageSummary["traces"] {
  const counts = new Map<string | null, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([trace_kind, number]) => ({ trace_kind, number }));
}

/** The first object of each key. */
function firstBy<K>(values: readonly JsonObject[], key: (value: JsonObject) => K): Map<K, JsonObject> {
  const first = new Map<K, JsonObject>();
  for (const value of values) if (!first.has(key(value))) first.set(key(value), value);
  return first;
}

function member(holder: unknown, name: string): unknown {
  return isObject(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
}

/** A member that is a string, or null. */
function text(holder: unknown, name: string): string | null {
  const value = member(holder, name);
  return typeof value === "string" ? value : null;
}

/** A member that is an integer of the contract, from 0 to 2^64 - 1, or null. */
function integer(holder: unknown, name: string): Integer | null {
  const value = member(holder, name);
  if (typeof value === "bigint") return value >= 0n && value < 2n ** 64n ? exact(value) : null;
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

/** The integer as a number, where that is exact. */
function exact(value: bigint): Integer {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function total(values: readonly (Integer | null)[]): Integer {
  return exact(values.reduce<bigint>((sum, value) => sum + BigInt(value ?? 0), 0n));
}

function texts(holder: unknown, name: string): string[] {
  const value = member(holder, name);
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The objects of a member that is a list. */
function objects(holder: unknown, name: string): JsonObject[] {
  return indexed(holder, name).map(([, item]) => item);
}

function indexed(holder: unknown, name: string): [index: number, item: JsonObject][] {
  const value = member(holder, name);
  const items: unknown[] = Array.isArray(value) ? value : [];
  return items.flatMap((item, index): [number, JsonObject][] => (isObject(item) ? [[index, item]] : []));
}
