//! Validates documents against the contract's schemas with the jsonschema crate. ../README.md describes its
//! input and output.

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, Write};
use std::{env, fs, io};

use jsonschema::{Draft, Registry, Validator};
use serde::Deserialize;
use serde_json::{Deserializer, Value, json};

const BASE: &str = "https://psion-contract.example/schemas/";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args()
        .nth(1)
        .ok_or("usage: schema-consumer FOLDER < LINES")?;
    let validators = validators(&folder)?;
    let mut answers = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let name = request["schema"]
            .as_str()
            .ok_or("a request names no schema")?;
        let text = request["document"]
            .as_str()
            .ok_or("a request has no document")?;
        let validator = validators
            .get(&format!("{BASE}{name}.schema.json"))
            .ok_or("no such schema")?;
        let valid = validator.is_valid(&parse(text)?);
        writeln!(answers, "{}", json!({"id": request["id"], "valid": valid}))?;
    }
    Ok(())
}

/// Parses a document. The contract allows 128 levels of nesting, one more than serde_json allows by default.
/// With its feature arbitrary_precision, it preserves every number.
fn parse(text: &str) -> serde_json::Result<Value> {
    let mut reader = Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let document = Value::deserialize(&mut reader)?;
    reader.end().map(|()| document)
}

/// The validators of a folder of schemas, by `$id`. Nothing is fetched: a reference to a schema outside the
/// folder fails here.
fn validators(folder: &str) -> Result<HashMap<String, Validator>, Box<dyn Error>> {
    let mut schemas = HashMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".schema.json") {
            let schema: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
            schemas.insert(
                schema["$id"]
                    .as_str()
                    .ok_or("a schema has no $id")?
                    .to_owned(),
                schema,
            );
        }
    }
    let mut registry = Registry::new().draft(Draft::Draft202012);
    for (id, schema) in &schemas {
        registry = registry.add(id, schema)?;
    }
    let registry = registry.prepare()?;
    let build = |schema| {
        jsonschema::draft202012::options()
            .with_registry(&registry)
            .offline()
            .build(schema)
    };
    schemas
        .iter()
        .map(|(id, schema)| Ok((id.clone(), build(schema)?)))
        .collect()
}
