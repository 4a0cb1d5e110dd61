// Command oracle judges manifests with the official Pod Security Admission library, offline, for harden's tests.
//
// It prints one JSON object a line. Exit codes: 0 all admitted, 1 something refused (not with --runs), 2 a fault.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
)

// verdict is what is printed for a workload at one level and version.
type verdict struct {
	object
	Level   api.Level `json:"level"`
	Version string    `json:"version"`
	Allowed bool      `json:"allowed"`
	Message string    `json:"message,omitempty"` // behind 'violates PodSecurity "L:V": '
	Failed  []failure `json:"failed"`
}

// verdicts is what is printed for a workload with --runs.
type verdicts struct {
	object
	Runs map[api.Level][]run[[]failure] `json:"runs"`
}

type fault struct {
	object
	Error string `json:"error"`
}

func main() {
	level := flag.String("level", "restricted", "levels, with commas between")
	version := flag.String("version", "latest", "versions (v1.N or latest), with commas between")
	all := flag.Bool("runs", false, "judge at every level and version; positions 0 to 37 are v1.0 to v1.37, 38 is latest")
	lines := flag.Bool("lines", false, "the input is one JSON object a line")
	lenient := flag.Bool("lenient", false, "judge in spite of unknown fields")
	objects := flag.Bool("decode", false, "the input is a JSON string a line, each the text of a file; print the objects that kubectl reads of it")
	checks := flag.Bool("checks", false, "print the ids of the checks that run, for every level and version, and exit")
	flag.Parse()

	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	e, err := newEvaluator()
	exitOn(err)
	if *checks {
		exitOn(encoder.Encode(checksThatRun(e)))
		exitOn(out.Flush())
		return
	}
	code := 0
	emit := func(value any) { exitOn(encoder.Encode(value)) }
	r := &reader{serializer: newSerializer(), lenient: *lenient}
	r.fail = func(one object, err error) {
		code = 2
		emit(fault{one, err.Error()})
	}
	chosen := pairs(*level, *version)
	r.take = func(one object, meta *metav1.ObjectMeta, spec *corev1.PodSpec) {
		if *all {
			emit(verdicts{one, allRuns(e, meta, spec)})
			return
		}
		for _, lv := range chosen {
			failed, words := e.evaluate(lv, meta, spec)
			emit(verdict{one, lv.Level, lv.Version.String(), len(failed) == 0, words, failed})
			if len(failed) > 0 {
				code = max(code, 1)
			}
		}
	}
	read := r.manifests
	if *lines {
		read = r.lines
	}
	if *objects {
		read = func(name string, in io.Reader) error { return decode(name, in, emit) }
	}
	for _, name := range inputs() {
		exitOn(readOne(name, read))
	}
	exitOn(out.Flush())
	os.Exit(code)
}

func inputs() []string {
	if flag.NArg() == 0 {
		return []string{"-"}
	}
	return flag.Args()
}

func readOne(name string, read func(string, io.Reader) error) error {
	if name == "-" {
		return read(name, os.Stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return read(name, file)
}

func pairs(levelWords, versionWords string) []api.LevelVersion {
	var found []api.LevelVersion
	for _, levelWord := range strings.Split(levelWords, ",") {
		level, err := api.ParseLevel(levelWord)
		exitOn(err)
		for _, versionWord := range strings.Split(versionWords, ",") {
			version, err := api.ParseVersion(versionWord)
			exitOn(err)
			found = append(found, api.LevelVersion{Level: level, Version: version})
		}
	}
	return found
}

func allRuns(e *evaluator, meta *metav1.ObjectMeta, spec *corev1.PodSpec) map[api.Level][]run[[]failure] {
	found := map[api.Level][]run[[]failure]{}
	for _, level := range levels {
		found[level] = runs(func(version api.Version) []failure {
			failed, _ := e.evaluate(api.LevelVersion{Level: level, Version: version}, meta, spec)
			return failed
		})
	}
	return found
}

func checksThatRun(e *evaluator) map[api.Level][]run[[]string] {
	found := map[api.Level][]run[[]string]{}
	for _, level := range levels {
		found[level] = runs(func(version api.Version) []string {
			e.evaluate(api.LevelVersion{Level: level, Version: version}, &metav1.ObjectMeta{}, &corev1.PodSpec{})
			return append([]string{}, e.ran...)
		})
	}
	return found
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(2)
	}
}
