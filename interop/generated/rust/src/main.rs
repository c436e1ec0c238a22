//! Reads documents as generated types, changes one value of each, and writes them back.

use serde::{de::DeserializeOwned, Serialize};
use std::{env, error::Error, fs};

mod config {
    typify::import_types!("../target/rust/schemas/config.json");
}
mod receipt {
    typify::import_types!("../target/rust/schemas/receipt.json");
}
mod descriptor {
    typify::import_types!("../target/rust/schemas/descriptor.json");
}
mod corpus {
    typify::import_types!("../target/rust/schemas/corpus.json");
}
mod policy {
    typify::import_types!("../target/rust/schemas/policy.json");
}
mod program {
    typify::import_types!("../target/rust/schemas/program.json");
}

const CHANGED: &str = "changed-by-a-generated-type";

fn changed<T: DeserializeOwned + Serialize>(text: &str, change: impl Fn(&mut T)) -> serde_json::Result<String> {
    let mut document: T = serde_json::from_str(text)?;
    change(&mut document);
    serde_json::to_string(&document)
}

fn main() -> Result<(), Box<dyn Error>> {
    let requests = fs::read_to_string(env::args().nth(1).ok_or("no file of requests")?)?;
    for line in requests.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [role, given, written] = words[..] else { return Err(line.into()) };
        let text = fs::read_to_string(given)?;
        let result = match role {
            "config" => changed(&text, |it: &mut config::PretrainStageConfig| it.run_id = CHANGED.parse().unwrap()),
            "receipt" => changed(&text, |it: &mut receipt::PretrainStageReceipt| it.summary = CHANGED.parse().unwrap()),
            "descriptor" => changed(&text, |it: &mut descriptor::CompactDecoderDescriptor| {
                it.size_anchor = descriptor::SizeAnchor::Internal128m
            }),
            "corpus" => changed(&text, |it: &mut corpus::TokenizedCorpusManifest| {
                it.dataset_version = CHANGED.parse().unwrap()
            }),
            "policy" => changed(&text, |it: &mut policy::SamplingPolicy| it.policy_version = CHANGED.parse().unwrap()),
            "program" => changed(&text, |it: &mut program::TrainingStageProgram| it.run_id = CHANGED.parse().unwrap()),
            _ => return Err(role.into()),
        }?;
        fs::write(written, result)?;
    }
    Ok(())
}
