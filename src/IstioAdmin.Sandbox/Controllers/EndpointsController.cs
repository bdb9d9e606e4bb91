using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>
/// Keeps the Endpoints of Services with a selector, and their EndpointSlices where the server has them (<c>pkg/controller/endpoint</c>,
/// <c>pkg/controller/endpointslice</c> of Kubernetes 1.20). Slices are filled one after the other, with a hundred endpoints each.
/// </summary>
internal sealed class EndpointsController : Controller
{
    private const string Services = "api/v1/services";
    private const string Endpoints = "api/v1/endpoints";
    private const string Slices = "apis/discovery.k8s.io/v1beta1/endpointslices";
    private const string ServiceLabel = "kubernetes.io/service-name";
    private const string ManagerLabel = "endpointslice.kubernetes.io/managed-by";
    private const string Manager = "endpointslice-controller.k8s.io";
    private const string TriggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";
    private const int MostInSlice = 100;

    private readonly Informer _services;
    private readonly Informer _endpoints;
    private readonly Informer _slices;
    private readonly Informer _pods;

    public EndpointsController(ControllerContext context)
        : base(context, "endpoint-controller", 2)
    {
        _services = Informers.Of(Services);
        _endpoints = Informers.Of(Endpoints);
        _slices = Informers.Of(Slices);
        _pods = Pods.Of(Informers);
        _services.OnChange((before, now) => Queue.Add(Informer.KeyOf(now ?? before!)));
        _endpoints.OnChange((before, now) =>
        {
            if (now is null)
                Queue.Add(Informer.KeyOf(before!));
        });
        _pods.OnChange((before, now) =>
        {
            if (before is not null && now is not null && !Differs(before, now))
                return;
            foreach (JsonObject service in _services.By(Informers.ByNamespace, Meta.Namespace(now ?? before!)!))
            {
                if (Json.At(service, "spec", "selector") is JsonObject { Count: > 0 } wanted
                    && (LabelSelector.Shared(wanted) is var selector && (selector.Matches(Meta.Labels(now)) || (before is not null && selector.Matches(Meta.Labels(before))))))
                    AddSoon(Informer.KeyOf(service), _pods.CountBy(Informers.ByNamespace, Meta.Namespace(service)!));
            }
        });
    }

    private static bool Differs(JsonObject before, JsonObject now) =>
        Json.Text(before, "status", "podIP") != Json.Text(now, "status", "podIP") || Pods.IsReady(before) != Pods.IsReady(now) || Pods.Phase(before) != Pods.Phase(now)
        || Meta.IsDeleting(before) != Meta.IsDeleting(now) || Json.Text(before, "spec", "nodeName") != Json.Text(now, "spec", "nodeName")
        || !JsonNode.DeepEquals(Meta.Labels(before), Meta.Labels(now));

    protected override async Task SyncAsync(string key)
    {
        (string? ns, string name) = Meta.Split(key);
        if (_services.Find(key) is not { } service)
        {
            await Api.DeleteAsync(Meta.PathOf(Endpoints, ns, name), cancel: End).ConfigureAwait(false);
            return;
        }
        // Without a selector they are somebody else's.
        if (Json.At(service, "spec", "selector") is not JsonObject { Count: > 0 } selector || Json.Text(service, "spec", "type") == "ExternalName" || Meta.IsDeleting(service))
            return;
        bool early = Json.Flag(service, "spec", "publishNotReadyAddresses") == true;
        JsonObject[] pods =
        [
            .. Pods.Matching(_pods, ns!, selector, LabelSelector.OfMap(selector))
                .Where(pod => Json.Text(pod, "status", "podIP") is not null && !Meta.IsDeleting(pod) && !Pods.HasEnded(pod))
                .OrderBy(Meta.Name, StringComparer.Ordinal),
        ];
        JsonArray subsets = Subsets(service, pods, early);
        var labels = (JsonObject?)Meta.Labels(service)?.DeepClone() ?? [];
        if (Json.Text(service, "spec", "clusterIP") == "None")
            labels["service.kubernetes.io/headless"] = "";
        JsonObject? known = _endpoints.Find(key);
        if (known is null || !JsonNode.DeepEquals(known["subsets"] ?? new JsonArray(), subsets) || !JsonNode.DeepEquals(Meta.Labels(known) ?? [], labels))
            await WriteAsync(service, known, labels, subsets).ConfigureAwait(false);
        if (_slices.IsServed)
            await WriteSlicesAsync(service, pods, early).ConfigureAwait(false);
    }

    private async Task WriteAsync(JsonObject service, JsonObject? known, JsonObject labels, JsonArray subsets)
    {
        var annotations = new JsonObject { [TriggerAnnotation] = Json.Now() };
        var endpoints = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Endpoints",
            ["metadata"] = new JsonObject { ["name"] = Meta.Name(service), ["labels"] = labels, ["annotations"] = annotations },
            ["subsets"] = subsets.Count == 0 ? null : subsets,
        };
        string collection = Meta.Collection(Endpoints, Meta.Namespace(service));
        try
        {
            if (known is null)
            {
                if (subsets.Count == 0)
                    endpoints.Remove("subsets");
                _endpoints.Observe(await Api.PostAsync(collection, endpoints, Name, End).ConfigureAwait(false));
            }
            else
            {
                foreach ((string label, _) in Meta.Labels(known) ?? [])
                {
                    if (!labels.ContainsKey(label))
                        labels[label] = null;
                }
                _endpoints.Observe(await Api.PatchAsync($"{collection}/{Meta.Name(service)}", endpoints, Name, End).ConfigureAwait(false));
            }
        }
        catch (ClusterApiException e) when (e.Status == HttpStatusCode.Forbidden && e.Message.Contains("being terminated", StringComparison.Ordinal))
        {
            // The namespace is going away.
        }
    }

    /// <summary>The pods' addresses, together where their ports are the same (<c>endpoints.RepackSubsets</c>).</summary>
    private static JsonArray Subsets(JsonObject service, JsonObject[] pods, bool early)
    {
        var subsets = new JsonArray();
        bool headless = Json.Text(service, "spec", "clusterIP") == "None";
        foreach (IGrouping<string, (JsonObject Pod, JsonArray Ports)> group in pods.Select(pod => (Pod: pod, Ports: Ports(service, pod)))
            .Where(pod => pod.Ports.Count > 0 || headless).GroupBy(pod => pod.Ports.ToJsonString()).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var subset = new JsonObject();
            foreach ((string field, bool ready) in ((string, bool)[])[("addresses", true), ("notReadyAddresses", false)])
            {
                JsonNode[] addresses = [.. group.Where(pod => (early || Pods.IsReady(pod.Pod)) == ready).OrderBy(pod => Json.Text(pod.Pod, "status", "podIP"), StringComparer.Ordinal).Select(pod => Address(service, pod.Pod))];
                if (addresses.Length > 0)
                    subset[field] = new JsonArray(addresses);
            }
            if (group.First().Ports is { Count: > 0 } ports)
                subset["ports"] = ports.DeepClone();
            subsets.Add(subset);
        }
        return subsets;
    }

    private static JsonObject Address(JsonObject service, JsonObject pod)
    {
        var address = new JsonObject { ["ip"] = Json.Text(pod, "status", "podIP") };
        if (Json.Text(pod, "spec", "hostname") is { Length: > 0 } host && Json.Text(pod, "spec", "subdomain") == Meta.Name(service))
            address["hostname"] = host;
        if (Json.Text(pod, "spec", "nodeName") is { } node)
            address["nodeName"] = node;
        address["targetRef"] = Target(pod);
        return address;
    }

    private static JsonObject Target(JsonObject pod) => new()
    {
        ["kind"] = "Pod",
        ["namespace"] = Meta.Namespace(pod),
        ["name"] = Meta.Name(pod),
        ["uid"] = Meta.Uid(pod),
        ["resourceVersion"] = Json.Text(pod, "metadata", "resourceVersion"),
    };

    /// <summary>The Service's ports as they are on a pod; those that its containers do not name are left out.</summary>
    private static JsonArray Ports(JsonObject service, JsonObject pod)
    {
        var ports = new JsonArray();
        foreach (JsonObject port in Meta.Items(service, "spec", "ports"))
        {
            string protocol = Json.Text(port, "protocol") ?? "TCP";
            JsonNode? target = port["targetPort"];
            int? number = target is JsonValue value && value.TryGetValue(out string? name)
                ? Meta.Items(pod, "spec", "containers").SelectMany(container => Meta.Items(container, "ports"))
                    .Where(declared => Json.Text(declared, "name") == name && (Json.Text(declared, "protocol") ?? "TCP") == protocol)
                    .Select(declared => Meta.Int(declared, "containerPort")).FirstOrDefault()
                : Meta.Int(port, "targetPort") is { } given and not 0 ? given : Meta.Int(port, "port");
            if (number is null)
                continue;
            var found = new JsonObject();
            if (Json.Text(port, "name") is { Length: > 0 } named)
                found["name"] = named;
            found["port"] = number;
            found["protocol"] = protocol;
            if (Json.Text(port, "appProtocol") is { } application)
                found["appProtocol"] = application;
            ports.Add(found);
        }
        return ports;
    }

    private async Task WriteSlicesAsync(JsonObject service, JsonObject[] pods, bool early)
    {
        string ns = Meta.Namespace(service)!, name = Meta.Name(service);
        List<JsonObject> known = [.. _slices.By(Informers.ByController, Meta.Uid(service)).OrderBy(Meta.Name, StringComparer.Ordinal)];
        var wanted = new List<JsonObject>();
        foreach (IGrouping<string, JsonObject> group in pods.GroupBy(pod => Ports(service, pod).ToJsonString()).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            foreach (JsonObject[] share in group.Chunk(MostInSlice))
            {
                // A slice names every port, be it without a name.
                JsonArray ports = Ports(service, share[0]);
                foreach (JsonNode? port in ports)
                    port!["name"] ??= "";
                wanted.Add(new JsonObject { ["addressType"] = "IPv4", ["endpoints"] = new JsonArray([.. share.Select(pod => Endpoint(pod, early))]), ["ports"] = ports });
            }
        }
        if (wanted.Count == 0)
            wanted.Add(new JsonObject { ["addressType"] = "IPv4", ["endpoints"] = new JsonArray(), ["ports"] = null });
        for (int i = 0; i < wanted.Count; i++)
        {
            JsonObject slice = wanted[i];
            if (i < known.Count)
            {
                if (!JsonNode.DeepEquals(known[i]["endpoints"] ?? new JsonArray(), slice["endpoints"]) || !JsonNode.DeepEquals(known[i]["ports"], slice["ports"]))
                    _slices.Observe(await Api.PatchAsync(Meta.PathOf(Slices, known[i]), new JsonObject { ["endpoints"] = slice["endpoints"]!.DeepClone(), ["ports"] = slice["ports"]?.DeepClone() }, Name, End).ConfigureAwait(false));
                continue;
            }
            var labels = (JsonObject?)Meta.Labels(service)?.DeepClone() ?? [];
            labels[ServiceLabel] = name;
            labels[ManagerLabel] = Manager;
            (slice["apiVersion"], slice["kind"]) = ("discovery.k8s.io/v1beta1", "EndpointSlice");
            slice["metadata"] = new JsonObject
            {
                ["generateName"] = $"{name}-",
                ["labels"] = labels,
                ["annotations"] = new JsonObject { [TriggerAnnotation] = Json.Now() },
                ["ownerReferences"] = new JsonArray(Meta.OwnerReference("v1", "Service", service)),
            };
            _slices.Observe(await Api.PostAsync(Meta.Collection(Slices, ns), slice, Name, End).ConfigureAwait(false));
        }
        foreach (JsonObject surplus in known.Skip(wanted.Count))
            await Api.DeleteAsync(Meta.PathOf(Slices, surplus), null, Meta.Uid(surplus), "Background", End).ConfigureAwait(false);
    }

    private static JsonObject Endpoint(JsonObject pod, bool early)
    {
        var endpoint = new JsonObject
        {
            ["addresses"] = new JsonArray(Json.Text(pod, "status", "podIP")),
            ["conditions"] = new JsonObject { ["ready"] = early || Pods.IsReady(pod) },
            ["targetRef"] = Target(pod),
        };
        if (Json.Text(pod, "spec", "nodeName") is { } node)
            endpoint["topology"] = new JsonObject { ["kubernetes.io/hostname"] = node };
        return endpoint;
    }
}
