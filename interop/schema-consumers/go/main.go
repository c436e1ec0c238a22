// Schema-consumer validates documents against the contract's schemas with santhosh-tekuri/jsonschema.
// ../README.md describes its input and output.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const base = "https://psion-contract.example/schemas/"

type request struct {
	ID       json.Number `json:"id"`
	Schema   string      `json:"schema"`
	Document string      `json:"document"`
}

type answer struct {
	ID    json.Number `json:"id"`
	Valid bool        `json:"valid"`
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: schema-consumer FOLDER < LINES")
	}
	validators, err := compile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	if err := respond(validators, json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(out)); err != nil {
		log.Fatal(err)
	}
}

// respond answers every request. It reads documents with json.Number, so that no integer is rounded.
func respond(validators map[string]*jsonschema.Schema, in *json.Decoder, out *json.Encoder) error {
	for {
		var asked request
		if err := in.Decode(&asked); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		validator := validators[base+asked.Schema+".schema.json"]
		if validator == nil {
			return fmt.Errorf("no schema is called %q", asked.Schema)
		}
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(asked.Document))
		if err != nil {
			return err
		}
		if err := out.Encode(answer{asked.ID, validator.Validate(document) == nil}); err != nil {
			return err
		}
	}
}

// compile returns the validators of a folder of schemas, by $id. The compiler's loader fetches nothing: a
// reference to a schema outside the folder fails here.
func compile(folder string) (map[string]*jsonschema.Schema, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.schema.json"))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(refusal{})
	validators := make(map[string]*jsonschema.Schema)
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		schema, err := jsonschema.UnmarshalJSON(file)
		file.Close()
		if err != nil {
			return nil, err
		}
		id := schema.(map[string]any)["$id"].(string)
		if err := compiler.AddResource(id, schema); err != nil {
			return nil, err
		}
		validators[id] = nil
	}
	for id := range validators {
		if validators[id], err = compiler.Compile(id); err != nil {
			return nil, err
		}
	}
	return validators, nil
}

type refusal struct{}

func (refusal) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not in the folder, and nothing is fetched", url)
}
