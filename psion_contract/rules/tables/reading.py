"""Rules about reading documents and finding those that they refer to."""

from psion_contract.rules.rule import READING, REFERENCES, Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "invalid-json",
        "error",
        "The text is not strict RFC 8259 JSON in UTF-8.",
        "Mend the text at the place named: no byte order mark, no NaN, no comments, no trailing commas, no "
        "unpaired surrogates.",
        READING,
        "parity",
    ),
    Rule(
        "duplicate-member",
        "error",
        "An object gives a member twice, also when one of the two is spelled with escapes.",
        "Keep one of them. Readers differ in which of the two they believe.",
        READING,
        "parity",
    ),
    Rule(
        "non-integer-number",
        "error",
        "A number is written with a fraction, an exponent or as negative zero.",
        "Write the plain integer. No member of the contract holds a fraction; losses are in thousandths, "
        "shares in basis points.",
        READING,
        "parity",
    ),
    Rule(
        "limit-exceeded",
        "error",
        "The document is larger, deeper or longer than the reader's limits.",
        "If the document is meant, raise the limit with --max-bytes, --max-depth, --max-members or --max-lines.",
        READING,
        "stricter",
    ),
    Rule(
        "unknown-kind",
        "error",
        "A document that was named on purpose is of no kind or version that the contract knows.",
        "Give schema_version one of the known values, or do not name the file.",
        READING,
        "ours",
    ),
    Rule(
        "schema-violation",
        "error",
        "The document does not fit the JSON Schema of its kind.",
        "Change the value named; `psion-contract schema show` prints what describes each member.",
        READING,
        "stricter",
    ),
    Rule(
        "unresolved-reference",
        "error",
        "A document refers to another that is not among those given.",
        "Give the missing document too, with the paths to check or with --inputs.",
        REFERENCES,
        "ours",
    ),
    Rule(
        "ambiguous-reference",
        "error",
        "Two different documents claim the identity that a reference names, and it cannot tell them apart.",
        "Leave out the document that is not meant, or give the two different identities.",
        REFERENCES,
        "ours",
    ),
)
