using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators;

/// <summary>The injector of istiod: a ConfigMap whose template asks its values whether the CNI plugin redirects.</summary>
internal static class Modern
{
    // Both branches are in the template, whatever the setting; istiod reads the values beside it.
    private const string Template = """
        policy: enabled
        templates:
          sidecar: |
            spec:
              initContainers:
              {{ if .Values.CNI.enabled -}}
              - name: istio-validation
              {{ else -}}
              - name: istio-init
              {{ end -}}
              containers:
              - name: istio-proxy

        """;

    /// <param name="name">Its name.</param>
    /// <param name="revision">Revision label; null for the default one.</param>
    /// <param name="values">The values.</param>
    /// <param name="cni">Where in the values the plugin's switch is: <c>pilot.cni</c> today, <c>istio_cni</c> until 1.23.</param>
    public static JsonObject InjectorConfig(string name, string? revision, JsonNode values, string cni) =>
        MeshObjects.ConfigMap(name, revision is null ? null : new JsonObject { ["istio.io/rev"] = revision },
            ("config", Template.Replace("CNI", cni, StringComparison.Ordinal)), ("values", values.ToJsonString()));

    /// <summary>The mutating webhook of a revision.</summary>
    /// <param name="name">The configuration's name.</param>
    /// <param name="revision">The value of <c>istio.io/rev</c>.</param>
    /// <param name="isDefault">Whether <c>istio-injection=enabled</c> means it, too.</param>
    /// <param name="service">Namespace and name of the Service.</param>
    /// <param name="path">The path of this revision's injector.</param>
    /// <param name="admission">Who answers.</param>
    public static JsonObject Webhook(string name, string revision, bool isDefault, (string Namespace, string Name) service, string path, IAdmissionEndpoints admission)
    {
        JsonObject item = MeshObjects.Named("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", name,
            new JsonObject { ["app"] = "sidecar-injector", ["istio.io/rev"] = revision });
        string selectors = $$$"""{"matchExpressions":[{"key":"istio.io/rev","operator":"In","values":["{{{revision}}}"]},{"key":"istio-injection","operator":"DoesNotExist"}]}""";
        JsonArray webhooks = [Hook("rev.namespace.sidecar-injector.istio.io", selectors)];
        if (isDefault)
            webhooks.Add(Hook("namespace.sidecar-injector.istio.io", """{"matchExpressions":[{"key":"istio-injection","operator":"In","values":["enabled"]}]}"""));
        item["webhooks"] = webhooks;
        return item;

        JsonObject Hook(string hook, string selector) => Json.Parse($$$"""
            {"name":"{{{hook}}}","failurePolicy":"Fail","sideEffects":"None","admissionReviewVersions":["v1beta1","v1"],"timeoutSeconds":10,"namespaceSelector":{{{selector}}},
             "objectSelector":{"matchExpressions":[{"key":"sidecar.istio.io/inject","operator":"NotIn","values":["false"]}]},
             "clientConfig":{"caBundle":"{{{admission.CaBundle}}}","service":{"namespace":"{{{service.Namespace}}}","name":"{{{service.Name}}}","path":"{{{path}}}","port":{{{admission.Port}}} } },
             "rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"],"scope":"*"}]}
            """);
    }

    /// <summary>istiod's Service, with the port of its webhook.</summary>
    public static JsonObject Service(string name, JsonObject labels, IAdmissionEndpoints admission)
    {
        JsonObject item = MeshObjects.Named("v1", "Service", name, labels);
        item["spec"] = admission.ServiceSpec(labels, "https-webhook");
        return item;
    }
}
