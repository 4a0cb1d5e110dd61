package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// kinds are the objects that Pod Security Admission looks at.
var kinds = map[string]func() runtime.Object{
	"v1/Pod":                   func() runtime.Object { return &corev1.Pod{} },
	"v1/PodTemplate":           func() runtime.Object { return &corev1.PodTemplate{} },
	"v1/ReplicationController": func() runtime.Object { return &corev1.ReplicationController{} },
	"apps/v1/Deployment":       func() runtime.Object { return &appsv1.Deployment{} },
	"apps/v1/StatefulSet":      func() runtime.Object { return &appsv1.StatefulSet{} },
	"apps/v1/DaemonSet":        func() runtime.Object { return &appsv1.DaemonSet{} },
	"apps/v1/ReplicaSet":       func() runtime.Object { return &appsv1.ReplicaSet{} },
	"batch/v1/Job":             func() runtime.Object { return &batchv1.Job{} },
	"batch/v1/CronJob":         func() runtime.Object { return &batchv1.CronJob{} },
}

// object is one object of the input, in JSON; Doc and Item are 0-based, Item only within a List.
type object struct {
	File string `json:"file"`
	Doc  int    `json:"doc"`
	Item *int   `json:"item,omitempty"`
	head
	raw []byte
}

type head struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name,omitempty"`
}

// reader hands each workload of the input to take, and each fault to fail.
type reader struct {
	serializer *kjson.Serializer
	lenient    bool // judge in spite of unknown and repeated fields
	take       func(object, *metav1.ObjectMeta, *corev1.PodSpec)
	fail       func(object, error)
}

func newSerializer() *kjson.Serializer {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	scheme.AddKnownTypes(schema.GroupVersion{Version: "v1"}, &metav1.Status{})
	return kjson.NewSerializerWithOptions(kjson.DefaultMetaFactory, scheme, scheme, kjson.SerializerOptions{Strict: true})
}

// lines reads one JSON object a line; far faster than manifests, and repeated keys go unnoticed.
func (r *reader) lines(name string, in io.Reader) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, 64<<20)
	for i := 0; scanner.Scan(); i++ {
		r.object(object{File: name, Doc: i, raw: bytes.Clone(scanner.Bytes())})
	}
	return scanner.Err()
}

// manifests reads a stream of YAML documents, or of JSON values, as kubectl does.
func (r *reader) manifests(name string, in io.Reader) error {
	data, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if first := bytes.TrimLeft(data, " \t\r\n"); len(first) > 0 && first[0] == '{' && startsWithJSON(first) {
		r.values(name, first)
		return nil
	}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for i := 0; ; i++ {
		document, err := documents.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		one := object{File: name, Doc: i}
		one.raw, err = yaml.YAMLToJSON(document)
		switch {
		case err != nil:
			r.fail(one, err)
		case string(bytes.TrimSpace(one.raw)) == "null": // empty, or nothing but comments
		case one.raw[0] != '{':
			r.fail(one, errors.New("the document is not a mapping"))
		default:
			r.object(one)
		}
	}
}

func (r *reader) values(name string, data []byte) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	for i := 0; ; i++ {
		one := object{File: name, Doc: i}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err == io.EOF {
			return
		} else if err != nil {
			r.fail(one, err)
			return
		}
		var err error
		if one.raw, err = yaml.YAMLToJSON(raw); err != nil { // of a repeated key the last one is left
			r.fail(one, err)
			continue
		}
		r.object(one)
	}
}

func startsWithJSON(data []byte) bool {
	var raw json.RawMessage
	return json.NewDecoder(bytes.NewReader(data)).Decode(&raw) == nil
}

func (r *reader) object(one object) {
	var top struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Metadata   json.RawMessage   `json:"metadata"`
		Items      []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(one.raw, &top); err != nil {
		r.fail(one, err)
		return
	}
	// A wrong type in here is reported by the strict decoder below.
	_ = json.Unmarshal(top.Metadata, &one.head)
	one.APIVersion, one.Kind = top.APIVersion, top.Kind
	switch {
	case top.Kind == "" || top.APIVersion == "":
		r.fail(one, errors.New("no apiVersion or no kind"))
	case top.Items != nil: // under any kind, as for kubectl
		r.items(one, top.Items)
	case kinds[top.APIVersion+"/"+top.Kind] != nil:
		r.workload(one)
	}
}

func (r *reader) items(list object, items []json.RawMessage) {
	for i, raw := range items {
		if kind := strings.TrimSuffix(list.Kind, "List"); kind != "" && kind != list.Kind {
			raw = withType(raw, list.APIVersion, kind)
		}
		r.object(object{File: list.File, Doc: list.Doc, Item: &i, raw: raw})
	}
}

// withType fills in what the items of a PodList or DeploymentList may leave out.
func withType(raw json.RawMessage, apiVersion, kind string) json.RawMessage {
	var fields map[string]any
	if json.Unmarshal(raw, &fields) != nil || fields == nil || fields["kind"] != nil || fields["apiVersion"] != nil {
		return raw
	}
	fields["kind"], fields["apiVersion"] = kind, apiVersion
	typed, err := json.Marshal(fields)
	if err != nil {
		return raw
	}
	return typed
}

func (r *reader) workload(one object) {
	into := kinds[one.APIVersion+"/"+one.Kind]()
	if _, _, err := r.serializer.Decode(one.raw, nil, into); err != nil && !(r.lenient && runtime.IsStrictDecodingError(err)) {
		r.fail(one, fmt.Errorf("decode: %w", err))
		return
	}
	meta, spec := podOf(into)
	if spec == nil {
		r.fail(one, errors.New("no pod template"))
		return
	}
	setDefaults(meta, spec, one.Kind == "Pod")
	r.take(one, meta, spec)
}

func podOf(of runtime.Object) (*metav1.ObjectMeta, *corev1.PodSpec) {
	var template *corev1.PodTemplateSpec
	switch o := of.(type) {
	case *corev1.Pod:
		return &o.ObjectMeta, &o.Spec
	case *corev1.PodTemplate:
		template = &o.Template
	case *corev1.ReplicationController:
		template = o.Spec.Template
	case *appsv1.Deployment:
		template = &o.Spec.Template
	case *appsv1.StatefulSet:
		template = &o.Spec.Template
	case *appsv1.DaemonSet:
		template = &o.Spec.Template
	case *appsv1.ReplicaSet:
		template = &o.Spec.Template
	case *batchv1.Job:
		template = &o.Spec.Template
	case *batchv1.CronJob:
		template = &o.Spec.JobTemplate.Spec.Template
	}
	if template == nil {
		return nil, nil
	}
	return &template.ObjectMeta, &template.Spec
}
