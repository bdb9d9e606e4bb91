using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>Custom types and admission: the same from a real API server and from the sandbox's.</summary>
[Collection(nameof(TruthWorld))]
public sealed class ExtensionTruthTests(TruthWorld world)
{
    private static string Definition(string group) => """
        {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.GROUP}, spec: {group: GROUP, scope: Namespaced,
          names: {plural: widgets, kind: Widget, shortNames: [wd], categories: [all]},
          versions: [{name: v1, served: true, storage: true, subresources: {status: {}, scale: {specReplicasPath: .spec.count, statusReplicasPath: .status.count, labelSelectorPath: .status.selector}},
            additionalPrinterColumns: [{name: Count, type: integer, jsonPath: .spec.count}],
            schema: {openAPIV3Schema: {type: object, required: [spec], properties: {
              spec: {type: object, required: [color], properties: {color: {type: string, enum: [red, green]}, count: {type: integer, minimum: 0, maximum: 9, default: 1}, name: {type: string, pattern: '^[a-z]+$', maxLength: 5},
                port: {x-kubernetes-int-or-string: true}, tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}, free: {type: object, x-kubernetes-preserve-unknown-fields: true},
                parts: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name], properties: {name: {type: string}, size: {type: integer}}}},
                map: {type: object, additionalProperties: {type: string}}}},
              status: {type: object, properties: {count: {type: integer}, selector: {type: string}}}}}}},
            {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}
        """.Replace("GROUP", group, StringComparison.Ordinal);

    [Fact]
    public Task Custom_types_prune_default_and_check_their_objects() => world.SameAsync(async api =>
    {
        string group = $"{api.Namespace}.example.com", path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        await api.PostAsync(path, Definition(group));
        await EstablishedAsync(api, $"{path}/widgets.{group}");
        string all = api.In("widgets", group + "/v1"), one = all + "/w";
        string head = $"apiVersion: {group}/v1, kind: Widget, metadata: {{name: w}}";
        await api.PostAsync(all, $"{{{head}, spec: {{color: red, nonsense: 1, free: {{a: {{b: 1}}}}, map: {{x: y}}}}, status: {{count: 3}}, more: 1}}");
        await api.GetAsync(one);
        await api.GetAsync(all);
        await api.GetAsync(api.In("widgets/w", group + "/v1beta1"));
        await api.PostAsync(all, $"{{{head.Replace("name: w", "name: x", StringComparison.Ordinal)}, spec: {{color: blue}}}}");
        await api.PostAsync(all, $"{{{head.Replace("name: w", "name: x", StringComparison.Ordinal)}, spec: {{count: 10, name: A, port: true}}}}");
        await api.PostAsync(all, $"{{{head.Replace("name: w", "name: x", StringComparison.Ordinal)}, spec: {{color: red, tags: [a, a], parts: [{{name: a}}, {{name: a}}], map: {{a: 1}}}}}}");
        await api.PostAsync(all, $"{{{head.Replace("name: w", "name: x", StringComparison.Ordinal)}}}");
        JsonObject item = await api.GetAsync(one);
        item["spec"]!["count"] = 2;
        await api.PutAsync(one, item);
        await api.PutAsync(one, item);
        (item["metadata"] as JsonObject)!.Remove("resourceVersion");
        await api.PutAsync(one, item);
        await api.MergeAsync(one + "/status", "{spec: {count: 5}, status: {count: 5, selector: 'a=b'}, metadata: {labels: {a: b}}}");
        await api.MergeAsync(one, "{spec: {count: 7}, status: {count: 7}}");
        await api.GetAsync(one + "/scale");
        await api.MergeAsync(one + "/scale", "{spec: {replicas: 4}}");
        await api.StrategicAsync(one, "{spec: {count: 5}}");
        await api.ApplyAsync(one, $"{{{head}, spec: {{color: red, parts: [{{name: a, size: 1}}], tags: [t]}}}}");
        await api.ApplyAsync(one, $"{{{head}, spec: {{color: green, parts: [{{name: b, size: 1}}], tags: [u]}}}}", "two");
        await api.ApplyAsync(one, $"{{{head}, spec: {{parts: [{{name: b, size: 1}}], tags: [u]}}}}", "two");
        await api.ApplyAsync(one, $"{{{head}, spec: {{color: red}}}}");
        await api.GetAsync($"{path}/widgets.{group}");
        await api.DeleteAsync(one);
    });

    [Fact]
    public Task Custom_types_say_who_may_own_what() => world.SameAsync(async api =>
    {
        string group = $"{api.Namespace}.example.com", path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        // With a value that may be of two types the real server has no rules.
        await api.PostAsync(path, Definition(group).Replace("port: {x-kubernetes-int-or-string: true}", "port: {type: integer}", StringComparison.Ordinal));
        await EstablishedAsync(api, $"{path}/widgets.{group}");
        string one = api.In("widgets/w", group + "/v1"), head = $"apiVersion: {group}/v1, kind: Widget, metadata: {{name: w}}";
        await api.ApplyAsync(one, $"{{{head}, spec: {{color: red, parts: [{{name: a, size: 1}}], tags: [t]}}}}");
        await api.ApplyAsync(one, $"{{{head}, spec: {{color: green, parts: [{{name: b, size: 1}}], tags: [u]}}}}", "two");
        await api.ApplyAsync(one, $"{{{head}, spec: {{parts: [{{name: b, size: 1}}], tags: [u]}}}}", "two");
        await api.ApplyAsync(one, $"{{{head}, spec: {{parts: [{{name: a, size: 2}}]}}}}", "three");
        await api.ApplyAsync(one, $"{{{head}, spec: {{color: red}}}}");
        await api.GetAsync(one);
    });

    [Fact]
    public Task Definitions_that_break_rules_are_refused() => world.SameAsync(async api =>
    {
        string path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        await api.PostAsync(path, "{metadata: {name: wrong}, spec: {group: g.example.com, scope: Namespaced, names: {plural: as, kind: A}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}}");
        await api.PostAsync(path, "{metadata: {name: as.g.example.com}, spec: {group: g.example.com, scope: Namespaced, names: {plural: as, kind: A}, versions: [{name: v1, served: true, storage: true}]}}");
    });

    [Fact]
    public Task Webhook_configurations_have_their_defaults_and_rules() => world.SameAsync(async api =>
    {
        string path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", name = api.Namespace;
        await api.PostAsync(path, """
            {metadata: {name: NAME}, webhooks: [{name: a.b.c, admissionReviewVersions: [v1], sideEffects: None, clientConfig: {service: {name: gone, namespace: NAME, path: /x}}, objectSelector: {matchLabels: {checked: 'yes'}},
              namespaceSelector: {matchLabels: {world: NAME}}, rules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]}]}
            """.Replace("NAME", name, StringComparison.Ordinal));
        await api.MergeAsync($"/api/v1/namespaces/{name}", $"{{metadata: {{labels: {{world: {name}}}}}}}");
        await api.PostAsync(api.In("configmaps"), "{metadata: {name: free}}");
        await api.GetAsync($"/apis/admissionregistration.k8s.io/v1beta1/validatingwebhookconfigurations/{name}");
        await api.PostAsync(path, "{metadata: {name: bad}, webhooks: [{name: a, clientConfig: {}}]}");
        await api.DeleteAsync($"{path}/{name}");
    });

    [Fact]
    public Task Limit_ranges_fill_in_and_refuse() => world.SameAsync(async api =>
    {
        await api.PostAsync(api.In("limitranges"), "{metadata: {name: l}, spec: {limits: [{type: Container, default: {cpu: 500m}, defaultRequest: {cpu: 100m}, max: {cpu: '1'}}]}}");
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await api.PostAsync(api.In("pods"), "{metadata: {name: a}, spec: {containers: [{name: c, image: x}]}}");
        await api.PostAsync(api.In("pods"), "{metadata: {name: b}, spec: {containers: [{name: c, image: x, resources: {limits: {cpu: '2'}}}]}}");
    });

    private static async Task EstablishedAsync(ApiSession api, string path)
    {
        JsonObject found = [];
        await IstioAdmin.Testing.Eventually.BecomesTrueAsync(async () =>
        {
            found = await api.SendAsync(HttpMethod.Get, path, noted: false);
            return (found.At("status.conditions") as JsonArray ?? []).Any(condition => condition.TextAt("type") == "Established" && condition.TextAt("status") == "True");
        }, "the definition is established");
        // Its paths come a moment later.
        string resource = $"/apis/{found.TextAt("spec.group")}/v1/widgets";
        await IstioAdmin.Testing.Eventually.BecomesTrueAsync(async () => (await api.SendAsync(HttpMethod.Get, resource, noted: false)).TextAt("kind") == "WidgetList", "the type is served");
    }
}
