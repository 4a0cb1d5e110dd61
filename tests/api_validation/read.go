package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// eachObject hands each object of a file to take, in JSON. Items of a List come one by one; what is no object is passed
// over: harden has said so of the file, and left it.
func eachObject(name string, take func(told, []byte) error) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for at := 0; ; at++ {
		document, err := documents.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		raw, err := yaml.YAMLToJSON(document)
		if err != nil {
			continue
		}
		if err := eachItem(told{File: name, Doc: at}, raw, take); err != nil {
			return err
		}
	}
}

func eachItem(where told, raw []byte, take func(told, []byte) error) error {
	var top struct {
		Kind     string `json:"kind"`
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Items []json.RawMessage `json:"items"`
	}
	if json.Unmarshal(raw, &top) != nil || top.Kind == "" {
		return nil
	}
	if len(top.Items) == 0 {
		where.Kind, where.Name = top.Kind, top.Metadata.Name
		return take(where, raw)
	}
	for at, item := range top.Items {
		where.Item = &at
		if err := eachItem(where, item, take); err != nil {
			return err
		}
	}
	return nil
}
