package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// newestMinor is the newest version with a policy of its own: the module's own minor version.
const newestMinor = 37

// failure is one check that refuses a pod: id, reason, detail.
type failure [3]string

// evaluator is the official one, with each check wrapped so that its id is known.
type evaluator struct {
	official policy.Evaluator
	ran      []string
	failed   []failure
}

func newEvaluator() (*evaluator, error) {
	e := &evaluator{}
	checks := policy.DefaultChecks()
	for i := range checks {
		id := string(checks[i].ID)
		for j := range checks[i].Versions {
			version := &checks[i].Versions[j]
			judge := version.CheckPod
			version.CheckPod = func(meta *metav1.ObjectMeta, spec *corev1.PodSpec) policy.CheckResult {
				result := judge(meta, spec)
				e.ran = append(e.ran, id)
				if !result.Allowed {
					e.failed = append(e.failed, failure{id, result.ForbiddenReason, result.ForbiddenDetail})
				}
				return result
			}
		}
	}
	official, err := policy.NewEvaluator(checks, nil)
	e.official = official
	return e, err
}

// evaluate returns the failed checks, in order, and the aggregated words that the server puts into its message.
func (e *evaluator) evaluate(lv api.LevelVersion, meta *metav1.ObjectMeta, spec *corev1.PodSpec) ([]failure, string) {
	e.ran, e.failed = nil, []failure{}
	result := policy.AggregateCheckResults(e.official.EvaluatePod(lv, meta, spec))
	if result.Allowed != (len(e.failed) == 0) {
		panic(fmt.Sprintf("%v: aggregate and checks disagree", lv))
	}
	return e.failed, result.ForbiddenDetail()
}

// versions returns v1.0 to the newest one, then latest.
func versions() []api.Version {
	var all []api.Version
	for minor := 0; minor <= newestMinor; minor++ {
		all = append(all, api.MajorMinorVersion(1, minor))
	}
	return append(all, api.LatestVersion())
}

var levels = []api.Level{api.LevelPrivileged, api.LevelBaseline, api.LevelRestricted}

// run is a result and the 0-based position in versions() from which on it holds; in JSON it is [from, is].
type run[T any] struct {
	from int
	is   T
}

func (r run[T]) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode([]any{r.from, r.is})
	return out.Bytes(), err
}

// runs calls judge for every version and joins neighbours with equal results.
func runs[T any](judge func(api.Version) T) []run[T] {
	var found []run[T]
	for i, version := range versions() {
		result := judge(version)
		if n := len(found); n == 0 || !reflect.DeepEqual(found[n-1].is, result) {
			found = append(found, run[T]{i, result})
		}
	}
	return found
}
