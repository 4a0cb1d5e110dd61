package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
)

var decoder = legacyscheme.Codecs.UniversalDecoder()

// clusterWide are the kinds below that no namespace holds.
var clusterWide = map[string]bool{"Namespace": true, "ClusterRole": true, "ClusterRoleBinding": true}

// judge decodes an object as the API server does, defaults included, and returns what its validation on creation has
// against it; false for kinds that it does not know, and for what does not decode.
func judge(raw []byte) (faults []fault, known bool) {
	object, kind, err := decoder.Decode(raw, nil, nil)
	if err != nil {
		return nil, false
	}
	completed(object, kind.Kind)
	defer func() {
		// Some validation trusts that the registry came before it.
		if why := recover(); why != nil {
			faults, known = []fault{{"", "panic", fmt.Sprint(why)}}, true
		}
	}()
	found, known := validate(object)
	faults = []fault{}
	for _, one := range found {
		faults = append(faults, fault{one.Field, string(one.Type), one.Detail})
	}
	return faults, known
}

// completed gives an object what comes with the request that creates it.
func completed(object runtime.Object, kind string) {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return
	}
	if accessor.GetNamespace() == "" && !clusterWide[kind] {
		accessor.SetNamespace("default")
	}
	if accessor.GetName() == "" && accessor.GetGenerateName() != "" {
		accessor.SetName(accessor.GetGenerateName() + "x")
	}
}

func templateOptions(template *core.PodTemplateSpec) corevalidation.PodValidationOptions {
	return podutil.GetValidationOptionsFromPodTemplate(template, nil)
}

func validate(object runtime.Object) (field.ErrorList, bool) {
	switch one := object.(type) {
	case *core.Pod:
		options := podutil.GetValidationOptionsFromPodSpecAndMeta(&one.Spec, nil, &one.ObjectMeta, nil)
		options.ResourceIsPod = true
		return corevalidation.ValidatePodCreate(one, options), true
	case *core.PodTemplate:
		return corevalidation.ValidatePodTemplate(one, templateOptions(&one.Template)), true
	case *core.ReplicationController:
		return corevalidation.ValidateReplicationController(one, templateOptions(one.Spec.Template)), true
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(one, templateOptions(&one.Spec.Template)), true
	case *apps.ReplicaSet:
		return appsvalidation.ValidateReplicaSet(one, templateOptions(&one.Spec.Template)), true
	case *apps.StatefulSet:
		options := appsvalidation.StatefulSetValidationOptions{}
		return appsvalidation.ValidateStatefulSet(one, options, templateOptions(&one.Spec.Template)), true
	case *apps.DaemonSet:
		return appsvalidation.ValidateDaemonSet(one, templateOptions(&one.Spec.Template)), true
	case *batch.Job:
		options := batchvalidation.JobValidationOptions{PodValidationOptions: templateOptions(&one.Spec.Template)}
		return batchvalidation.ValidateJobCreate(one, options), true
	case *batch.CronJob:
		options := templateOptions(&one.Spec.JobTemplate.Spec.Template)
		return batchvalidation.ValidateCronJobCreate(one, options), true
	}
	return validateCompanion(object)
}

// validateCompanion judges the kinds that harden writes beside workloads.
func validateCompanion(object runtime.Object) (field.ErrorList, bool) {
	switch one := object.(type) {
	case *core.Namespace:
		return corevalidation.ValidateNamespace(one), true
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(one), true
	case *core.LimitRange:
		return corevalidation.ValidateLimitRange(one), true
	case *core.ResourceQuota:
		return corevalidation.ValidateResourceQuota(one), true
	case *core.Service:
		return corevalidation.ValidateServiceCreate(one), true
	case *networking.NetworkPolicy:
		options := networkingvalidation.ValidationOptionsForNetworking(one, nil)
		return networkingvalidation.ValidateNetworkPolicy(one, options), true
	case *rbac.Role:
		return rbacvalidation.ValidateRole(one), true
	case *rbac.RoleBinding:
		return rbacvalidation.ValidateRoleBinding(one), true
	case *rbac.ClusterRole:
		return rbacvalidation.ValidateClusterRole(one, rbacvalidation.ClusterRoleValidationOptions{}), true
	case *rbac.ClusterRoleBinding:
		return rbacvalidation.ValidateClusterRoleBinding(one), true
	}
	return nil, false
}
