{{- define "slipway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* What a schema cannot say with the fix in its words. */}}
{{- define "slipway.validate" -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.leaderElection) -}}
{{- fail (printf "replicas is %d and leaderElection is false: the operators would work against each other. Set leaderElection to true, or replicas to 1" (int .Values.replicas)) -}}
{{- end -}}
{{- if and .Values.debug.enabled (eq (int .Values.debug.port) (int .Values.metrics.port)) -}}
{{- fail (printf "debug.port and metrics.port are both %d: give them different ports" (int .Values.debug.port)) -}}
{{- end -}}
{{- end -}}

{{- define "slipway.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "slipway.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "slipway.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Name of cluster-wide objects: releases of one name in two namespaces do not collide. */}}
{{- define "slipway.clusterName" -}}
{{- printf "%s-%s" (include "slipway.fullname" .) .Release.Namespace -}}
{{- end -}}

{{- define "slipway.serviceAccountName" -}}
{{- default (include "slipway.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "slipway.selectorLabels" -}}
app.kubernetes.io/name: {{ include "slipway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "slipway.labels" -}}
{{ include "slipway.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels, and annotations where there are any, of an object's metadata. */}}
{{- define "slipway.meta" -}}
labels:
  {{- include "slipway.labels" . | nindent 2 }}
{{- with .Values.extraAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Full reference of an image: (list $ .Values.images.control). A digest wins over a tag. */}}
{{- define "slipway.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $registry := $image.registry -}}
{{- with $root.Values.global -}}{{- with .imageRegistry -}}{{- $registry = . -}}{{- end -}}{{- end -}}
{{- if $image.digest -}}
{{- printf "%s/%s@%s" $registry $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s/%s:%s" $registry $image.repository (default $root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Rights in the namespaces that have models. No Secrets: the kubelet mounts them into resolver and fetcher. */}}
{{- define "slipway.rules" -}}
- apiGroups: [slipway.dev]
  resources: [modeldeployments]
  verbs: [get, list, watch]
- apiGroups: [slipway.dev]
  resources: [modeldeployments/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [pods, services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get, list, watch, create, patch]
- apiGroups: [""]
  resources: [serviceaccounts]
  resourceNames: [slipway-runtime]
  verbs: [delete]
- apiGroups: [apps]
  resources: [deployments, controllerrevisions]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end -}}
