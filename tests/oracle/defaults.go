package main

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// setDefaults does what the API server does to an object before Pod Security Admission judges it, as far as it can
// change a verdict or its words (k8s.io/kubernetes v1.36.3):
//   - a volume without a source becomes an emptyDir (SetDefaults_Volume, all kinds);
//   - hostNetwork: true copies containerPort to hostPort (SetDefaults_Pod, Pods only);
//   - a container's AppArmor annotation is copied to its field (applyAppArmorVersionSkew in
//     pkg/registry/core/pod/strategy.go, Pods only).
func setDefaults(meta *metav1.ObjectMeta, spec *corev1.PodSpec, isPod bool) {
	for i := range spec.Volumes {
		source := &spec.Volumes[i].VolumeSource
		if ptr.AllPtrFieldsNil(source) {
			source.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	if !isPod {
		return
	}
	copyAppArmor(meta, spec)
	if spec.HostNetwork {
		copyPorts(spec.InitContainers)
		copyPorts(spec.Containers)
	}
}

func copyPorts(containers []corev1.Container) {
	for i := range containers {
		for j := range containers[i].Ports {
			if port := &containers[i].Ports[j]; port.HostPort == 0 {
				port.HostPort = port.ContainerPort
			}
		}
	}
}

func copyAppArmor(meta *metav1.ObjectMeta, spec *corev1.PodSpec) {
	if spec.OS != nil && spec.OS.Name == corev1.Windows {
		return
	}
	var ofPod *corev1.AppArmorProfile
	if spec.SecurityContext != nil {
		ofPod = spec.SecurityContext.AppArmorProfile
	}
	one := func(name string, context **corev1.SecurityContext) {
		value, found := meta.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+name]
		if !found || (*context != nil && (*context).AppArmorProfile != nil) {
			return
		}
		profile := appArmorField(value)
		if profile == nil || apiequality.Semantic.DeepEqual(profile, ofPod) {
			return
		}
		if *context == nil {
			*context = &corev1.SecurityContext{}
		}
		(*context).AppArmorProfile = profile
	}
	for i := range spec.InitContainers {
		one(spec.InitContainers[i].Name, &spec.InitContainers[i].SecurityContext)
	}
	for i := range spec.Containers {
		one(spec.Containers[i].Name, &spec.Containers[i].SecurityContext)
	}
	for i := range spec.EphemeralContainers {
		one(spec.EphemeralContainers[i].Name, &spec.EphemeralContainers[i].SecurityContext)
	}
}

func appArmorField(annotation string) *corev1.AppArmorProfile {
	local, isLocal := strings.CutPrefix(annotation, corev1.DeprecatedAppArmorBetaProfileNamePrefix)
	switch {
	case annotation == corev1.DeprecatedAppArmorBetaProfileNameUnconfined:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	case annotation == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}
	case isLocal && local != "" && strings.TrimSpace(local) == local && len(local) <= 4095:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: &local}
	}
	return nil
}
