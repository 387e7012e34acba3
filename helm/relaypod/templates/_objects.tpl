{{/* A file of the Kustomize manifests as an object, in the namespace of the release. */}}
{{- define "relaypod.object" -}}
{{- $root := index . 0 -}}
{{- $object := $root.Files.Get (index . 1) | fromYaml -}}
{{- if $object.Error -}}{{- fail (printf "%s: %s" (index . 1) $object.Error) -}}{{- end -}}
{{- $_ := set $object.metadata "namespace" $root.Release.Namespace -}}
{{- toYaml $object -}}
{{- end -}}

{{/* Sets variables of a container: those that it has at their place, others behind them. Arguments: the container, names and values. */}}
{{- define "relaypod.setEnv" -}}
{{- $container := index . 0 -}}
{{- $values := deepCopy (index . 1) -}}
{{- range $container.env -}}
{{- if hasKey $values .name -}}{{- $_ := set . "value" (get $values .name) -}}{{- $_ := unset $values .name -}}{{- end -}}
{{- end -}}
{{- range $name, $value := $values -}}
{{- $_ := set $container "env" (append ($container.env | default list) (dict "name" $name "value" $value)) -}}
{{- end -}}
{{- end -}}

{{/* Gives a claim its size and its storage class. Arguments: the claim, the values of the volume. */}}
{{- define "relaypod.setVolume" -}}
{{- $claim := index . 0 -}}
{{- with (index . 1).size -}}{{- $_ := set $claim.spec.resources.requests "storage" . -}}{{- end -}}
{{- with (index . 1).storageClass -}}{{- $_ := set $claim.spec "storageClassName" . -}}{{- end -}}
{{- end -}}

{{- define "relaypod.image" -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default .version }}{{- end -}}
{{- end -}}

{{/* The configuration of smtp2graph, with the App Registration. */}}
{{- define "relaypod.smtp2graphConfig" -}}
{{- $template := (.Files.Get "files/base/15-secret-smtp2graph-config.yaml" | fromYaml).stringData -}}
{{- $values := .Values.smtp2graph -}}
{{- if $values.config -}}
{{- $values.config -}}
{{- else if or $values.appReg.tenant $values.appReg.id $values.appReg.secret -}}
{{- range $name := list "tenant" "id" "secret" -}}
{{- if not (get $values.appReg $name) -}}{{- fail (printf "smtp2graph.appReg.%s is missing; docs/azure.md says where it comes from" $name) -}}{{- end -}}
{{- end -}}
{{- $config := fromYaml (get $template "config.yml") -}}
{{- $_ := set $config.send "appReg" $values.appReg -}}
{{- toYaml $config -}}
{{- else -}}
{{- get $template "config.yml" -}}
{{- end -}}
{{- end -}}

{{- define "relaypod.mailpitAuth" -}}
{{- .Values.mailpit.uiAuth | default (get (.Files.Get "files/base/10-secret-mailpit-auth.yaml" | fromYaml).stringData "ui-auth") -}}
{{- end -}}
