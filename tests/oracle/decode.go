package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// decoded is what kubectl reads of one text: the objects, those of a List one by one, and what made it stop.
type decoded struct {
	Objects []json.RawMessage `json:"objects"`
	Error   string            `json:"error,omitempty"`
}

// decode reads one JSON string a line, each the text of a file, and hands on what kubectl reads of it.
func decode(_ string, in io.Reader, emit func(any)) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		var text string
		if err := json.Unmarshal(scanner.Bytes(), &text); err != nil {
			return err
		}
		emit(decodeText(text))
	}
	return scanner.Err()
}

// decodeText reads as k8s.io/cli-runtime does (pkg/resource: StreamVisitor.Visit, mapper.infoForData, FlattenListVisitor).
func decodeText(text string) decoded {
	found := decoded{Objects: []json.RawMessage{}}
	documents := utilyaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		ext := runtime.RawExtension{}
		if err := documents.Decode(&ext); err == io.EOF {
			return found
		} else if err != nil {
			found.Error = err.Error()
			return found
		}
		ext.Raw = bytes.TrimSpace(ext.Raw)
		if len(ext.Raw) == 0 || bytes.Equal(ext.Raw, []byte("null")) {
			continue
		}
		one, _, err := unstructured.UnstructuredJSONScheme.Decode(ext.Raw, nil, nil)
		if err == nil {
			err = found.add(one)
		}
		if err != nil {
			found.Error = err.Error()
			return found
		}
	}
}

func (found *decoded) add(one runtime.Object) error {
	list, isList := one.(*unstructured.UnstructuredList)
	if !isList {
		raw, err := json.Marshal(one.(*unstructured.Unstructured).Object)
		found.Objects = append(found.Objects, raw)
		return err
	}
	return list.EachListItem(found.add)
}
