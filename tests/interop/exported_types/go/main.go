// Reads documents, one per line, into the exported types and writes them out again.
//
// A line is {"type": …, "document": …}; the answer is the document, or {"error": …}.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log"
	"os"

	"psion-types-round-trip/psioncontract"
)

type request struct {
	Type     string          `json:"type"`
	Document json.RawMessage `json:"document"`
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(answer(asked)); err != nil {
			log.Fatal(err)
		}
	}
}

func answer(asked request) any {
	var document any
	switch asked.Type {
	case "config":
		document = new(psioncontract.PretrainStageConfig)
	case "receipt":
		document = new(psioncontract.PretrainStageReceipt)
	case "descriptor":
		document = new(psioncontract.CompactDecoderDescriptor)
	case "corpus":
		document = new(psioncontract.TokenizedCorpusManifest)
	case "policy":
		document = new(psioncontract.SamplingPolicy)
	case "program":
		document = new(psioncontract.TrainingStageProgram)
	case "report":
		document = new(psioncontract.CheckReport)
	default:
		log.Fatalf("no type for %s", asked.Type)
	}
	decoder := json.NewDecoder(bytes.NewReader(asked.Document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(document); err != nil {
		return map[string]string{"error": err.Error()}
	}
	return document
}
