using System.Text.Json.Nodes;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>
/// An operator as somebody else might have installed it: definitions with next to no schema, all rights, one Deployment. For tests of the stand-ins,
/// and of cmdlets that find an operator which they did not install.
/// </summary>
public sealed class PlainOperator(OperatorBed bed)
{
    public async Task InstallAsync(string image, string group, string version, params (string Kind, string Plural)[] kinds)
    {
        foreach ((string kind, string plural) in kinds)
            await bed.Api.PostAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions", Definition(group, version, kind, plural));
        await bed.Api.PostAsync("api/v1/namespaces", Parse("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"istio-system"}}"""));
        await bed.Api.PostAsync("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", Parse("""
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"operator"},
             "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},
             "subjects":[{"kind":"ServiceAccount","namespace":"istio-system","name":"operator"}]}
            """));
        await bed.Api.PostAsync("api/v1/namespaces/istio-system/serviceaccounts", Parse("""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"operator"}}"""));
        await bed.Api.PostAsync("apis/apps/v1/namespaces/istio-system/deployments", Parse($$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"operator"},
             "spec":{"selector":{"matchLabels":{"app":"operator"} },"template":{"metadata":{"labels":{"app":"operator"} },
               "spec":{"serviceAccountName":"operator","containers":[{"name":"manager","image":"{{image}}"}]} } } }
            """));
    }

    private static JsonObject Definition(string group, string version, string kind, string plural)
    {
        string scope = group == "sailoperator.io" ? "Cluster" : "Namespaced";
        // What the real definition of Banzai's Istio says of a version.
        string spec = kind == "Istio" && version == "v1beta1"
            ? """{"required":["version","mtls"],"properties":{"version":{"type":"string","pattern":"^1.1"} } }"""
            : "{}";
        return Parse($$"""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"{{plural}}.{{group}}"},
             "spec":{"group":"{{group}}","scope":"{{scope}}","names":{"kind":"{{kind}}","plural":"{{plural}}"},
               "versions":[{"name":"{{version}}","served":true,"storage":true,"subresources":{"status":{} },
                 "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{"spec":{{Extended(spec)}} } } } }] } }
            """);
    }

    private static string Extended(string spec)
    {
        JsonObject schema = Parse(spec);
        schema["type"] = "object";
        schema["x-kubernetes-preserve-unknown-fields"] = true;
        return schema.ToJsonString();
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();
}
