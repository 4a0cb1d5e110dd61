package main

import (
	"encoding/json"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// custom is the schema of a kind that a CRD defines.
type custom struct {
	structural *schema.Structural
	validator  validation.SchemaValidator
}

// customs are these schemas by API version and kind.
type customs map[[2]string]custom

// readCustoms reads a file with a list of kinds and their schemas.
func readCustoms(name string) (customs, error) {
	found := customs{}
	if name == "" {
		return found, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var listed []struct {
		APIVersion string                          `json:"api_version"`
		Kind       string                          `json:"kind"`
		Schema     apiextensionsv1.JSONSchemaProps `json:"schema"`
	}
	if err := json.Unmarshal(data, &listed); err != nil {
		return nil, err
	}
	for _, each := range listed {
		var internal apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&each.Schema, &internal, nil); err != nil {
			return nil, err
		}
		structural, err := schema.NewStructural(&internal)
		if err != nil {
			return nil, err
		}
		validator, _, err := validation.NewSchemaValidator(&internal)
		if err != nil {
			return nil, err
		}
		found[[2]string{each.APIVersion, each.Kind}] = custom{structural, validator}
	}
	return found, nil
}

// judge returns what the API server has against an object of a CRD: fields that its schema does not have, which it drops,
// and refuses if it is asked to be strict; then what the schema says of the rest. False for kinds that are not listed.
func (all customs) judge(raw []byte) ([]fault, bool) {
	var object map[string]any
	// Not encoding/json: the API server tells whole numbers from others.
	if utiljson.Unmarshal(raw, &object) != nil {
		return nil, false
	}
	version, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	one, known := all[[2]string{version, kind}]
	if !known {
		return nil, false
	}
	faults := []fault{}
	options := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(object, one.structural, true, options) {
		faults = append(faults, fault{path, "FieldValueUnknown", "unknown field"})
	}
	found := validation.ValidateCustomResource(nil, object, one.validator)
	found = append(found, listtype.ValidateListSetsAndMaps(nil, one.structural, object)...)
	for _, each := range found {
		faults = append(faults, fault{each.Field, string(each.Type), each.Detail})
	}
	return faults, true
}
