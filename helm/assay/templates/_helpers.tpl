{{/* Labels of everything here. */}}
{{- define "assay.labels" -}}
app.kubernetes.io/part-of: assay
app.kubernetes.io/managed-by: {{ .Release.Service }}
assay/environment: {{ .Values.environment }}
{{- end }}

{{/* An ExternalSecret that copies one JSON object of Secrets Manager into a Secret of its name. Takes root, namespace, secret. */}}
{{- define "assay.externalSecret" -}}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ .secret.name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "assay.labels" .root | nindent 4 }}
spec:
  refreshInterval: {{ .root.Values.secrets.refresh }}
  secretStoreRef:
    kind: ClusterSecretStore
    name: {{ .root.Values.secrets.store }}
  target:
    name: {{ .secret.name }}
    creationPolicy: Owner
  dataFrom:
    - extract:
        key: {{ .secret.key }}
{{- end }}

{{/* Egress to blocks of the private network on one port. Takes blocks, port. */}}
{{- define "assay.egress" -}}
{{- if .blocks }}
- to:
    {{- range .blocks }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}
{{- end }}

{{/* Egress to the cluster's name service, without which no other rule is of use. */}}
{{- define "assay.dns" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .Values.network.dns.namespace }}
      podSelector:
        matchLabels:
          {{- toYaml .Values.network.dns.podLabels | nindent 10 }}
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}

{{/* Pods of one namespace by its name. */}}
{{- define "assay.namespace" -}}
namespaceSelector:
  matchLabels:
    kubernetes.io/metadata.name: {{ . }}
{{- end }}

{{/* The AWS role of a service account, as terraform/ names it. Takes root, name. */}}
{{- define "assay.role" -}}
arn:aws:iam::{{ .root.Values.account }}:role/assay-{{ .root.Values.environment }}-{{ .name }}
{{- end }}
