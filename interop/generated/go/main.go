// Reads documents as generated types, changes one value of each, and writes them back.
package main

import (
	"encoding/json"
	"log"
	"os"
	"strings"

	"generated/config"
	"generated/corpus"
	"generated/descriptor"
	"generated/policy"
	"generated/program"
	"generated/receipt"
)

const changed = "changed-by-a-generated-type"

var changes = map[string]func([]byte) (any, error){
	"config": func(text []byte) (any, error) {
		var document config.PretrainStageConfig
		err := json.Unmarshal(text, &document)
		document.RunId = changed
		return document, err
	},
	"receipt": func(text []byte) (any, error) {
		var document receipt.PretrainStageReceipt
		err := json.Unmarshal(text, &document)
		document.Summary = changed
		return document, err
	},
	"descriptor": func(text []byte) (any, error) {
		var document descriptor.CompactDecoderDescriptor
		err := json.Unmarshal(text, &document)
		document.SizeAnchor = descriptor.SizeAnchorInternal128M
		return document, err
	},
	"corpus": func(text []byte) (any, error) {
		var document corpus.TokenizedCorpusManifest
		err := json.Unmarshal(text, &document)
		document.DatasetVersion = changed
		return document, err
	},
	"policy": func(text []byte) (any, error) {
		var document policy.SamplingPolicy
		err := json.Unmarshal(text, &document)
		document.PolicyVersion = changed
		return document, err
	},
	"program": func(text []byte) (any, error) {
		var document program.TrainingStageProgram
		err := json.Unmarshal(text, &document)
		document.RunId = changed
		return document, err
	},
}

func main() {
	requests, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(requests)), "\n") {
		words := strings.Split(line, " ")
		text, err := os.ReadFile(words[1])
		if err != nil {
			log.Fatal(err)
		}
		document, err := changes[words[0]](text)
		if err != nil {
			log.Fatal(words[1], ": ", err)
		}
		result, err := json.Marshal(document)
		if err != nil {
			log.Fatal(words[1], ": ", err)
		}
		if err := os.WriteFile(words[2], result, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
