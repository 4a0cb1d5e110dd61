// Command api_validation says what the API server's own validation has against objects, offline, for harden's tests.
//
// It reads names of manifests from standard input, one a line, and prints one JSON object a line for each object in them
// of a kind that it knows. With -crds it judges custom resources too, by the schemas in that file. Exit code 2: a file
// cannot be read.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"k8s.io/kubernetes/pkg/capabilities"
)

// fault is a field, the kind of error that it has, and the sentence about it; the value is left out.
type fault [3]string

// told is what is printed for one object; Doc and Item are 0-based, Item only within a List.
type told struct {
	File   string  `json:"file"`
	Doc    int     `json:"doc"`
	Item   *int    `json:"item,omitempty"`
	Kind   string  `json:"kind"`
	Name   string  `json:"name"`
	Errors []fault `json:"errors"`
}

func main() {
	crds := flag.String("crds", "", "a JSON file with a list of api_version, kind and schema")
	flag.Parse()
	own, err := readCustoms(*crds)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	// As an API server is started that lets privileged containers in, which is the default of clusters.
	capabilities.Setup(true, 0)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	code := 0
	names := bufio.NewScanner(os.Stdin)
	for names.Scan() {
		err := eachObject(names.Text(), func(where told, raw []byte) error {
			faults, known := own.judge(raw)
			if !known {
				faults, known = judge(raw)
			}
			if !known {
				return nil
			}
			where.Errors = faults
			return encoder.Encode(where)
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 2
		}
	}
	if err := out.Flush(); err != nil {
		code = 2
	}
	os.Exit(code)
}
