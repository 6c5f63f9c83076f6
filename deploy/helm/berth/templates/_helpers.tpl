{{/* The release, with the chart's name where it does not have it already. Roles of the cluster are called so too: two
releases need two names, whatever their namespaces, and Helm says so. */}}
{{- define "berth.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "berth.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "berth.name" .) -}}
{{- end -}}

{{- define "berth.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "berth.labels" -}}
{{ include "berth.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* What the user has not said of the configuration. */}}
{{- define "berth.config" -}}
{{- $election := dict "leaderElect" true "resourceName" (include "berth.name" .) "resourceNamespace" .Release.Namespace -}}
{{- $defaults := dict "leaderElection" $election "profiles" (list (dict "schedulerName" .Values.schedulerName)) -}}
{{- $kind := dict "apiVersion" "kubescheduler.config.k8s.io/v1" "kind" "KubeSchedulerConfiguration" -}}
{{- mergeOverwrite $defaults (deepCopy .Values.config) $kind | toYaml -}}
{{- end -}}

{{/* The lease as the configuration has it. */}}
{{- define "berth.leaseName" -}}
{{- (include "berth.config" . | fromYaml).leaderElection.resourceName -}}
{{- end -}}
{{- define "berth.leaseNamespace" -}}
{{- (include "berth.config" . | fromYaml).leaderElection.resourceNamespace -}}
{{- end -}}
