// Reads documents as generated types, changes one value of each, and writes them back.

import { readFileSync, writeFileSync } from "node:fs";
import type { PretrainStageConfig } from "./config.js";
import type { TokenizedCorpusManifest } from "./corpus.js";
import type { CompactDecoderDescriptor } from "./descriptor.js";
import type { SamplingPolicy } from "./policy.js";
import type { TrainingStageProgram } from "./program_types.js";
import type { PretrainStageReceipt } from "./receipt.js";

const CHANGED = "changed-by-a-generated-type";

const changes: Record<string, (text: string) => object> = {
  config: (text): PretrainStageConfig => ({ ...JSON.parse(text), run_id: CHANGED }),
  receipt: (text) => {
    const receipt: PretrainStageReceipt = JSON.parse(text);
    for (const { partition } of receipt.delivered_execution?.execution_topology?.assignments ?? []) {
      if (partition.kind === "replica" && partition.replica_index < 0) throw new Error("a negative index");
    }
    receipt.summary = CHANGED;
    return receipt;
  },
  descriptor: (text): CompactDecoderDescriptor => ({ ...JSON.parse(text), size_anchor: "internal128m" }),
  corpus: (text): TokenizedCorpusManifest => ({ ...JSON.parse(text), dataset_version: CHANGED }),
  policy: (text): SamplingPolicy => ({ ...JSON.parse(text), policy_version: CHANGED }),
  program: (text): TrainingStageProgram => ({ ...JSON.parse(text), run_id: CHANGED }),
};

for (const line of readFileSync(process.argv[2]!, "utf8").trim().split("\n")) {
  const [role, given, written] = line.split(" ") as [string, string, string];
  writeFileSync(written, JSON.stringify(changes[role]!(readFileSync(given, "utf8"))));
}
