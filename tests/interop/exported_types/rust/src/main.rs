//! Reads documents, one per line, into the exported types and writes them out again.
//!
//! A line is `{"type": …, "document": …}`; the answer is the document, or `{"error": …}`.

#[allow(dead_code)]
mod psion_types;

use psion_types::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};
use std::io::{self, BufRead, Write};

#[derive(Deserialize)]
struct Request {
    r#type: String,
    document: Box<RawValue>,
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        writeln!(out, "{}", answer(&line?))?;
    }
    Ok(())
}

fn answer(line: &str) -> Value {
    let request: Request = serde_json::from_str(line).expect("a request");
    let text = request.document.get();
    let made = match request.r#type.as_str() {
        "config" => again::<PretrainStageConfig>(text),
        "receipt" => again::<PretrainStageReceipt>(text),
        "descriptor" => again::<CompactDecoderDescriptor>(text),
        "corpus" => again::<TokenizedCorpusManifest>(text),
        "policy" => again::<SamplingPolicy>(text),
        "program" => again::<TrainingStageProgram>(text),
        "report" => again::<CheckReport>(text),
        other => panic!("no type for {other}"),
    };
    made.unwrap_or_else(|error| json!({ "error": error.to_string() }))
}

fn again<T: DeserializeOwned + Serialize>(text: &str) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_str::<T>(text)?)
}
