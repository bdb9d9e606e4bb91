using System.Text.Json.Nodes;
using IstioAdmin.Core;
using static IstioAdmin.Sandbox.Api.Tables.Cells;

namespace IstioAdmin.Sandbox.Api.Tables;

/// <summary>The tables of nodes, networks, configuration, access and what else there is.</summary>
internal static class ClusterTables
{
    private const string RolePrefix = "node-role.kubernetes.io/";
    private const string RoleLabel = "kubernetes.io/role";
    private static readonly TableColumn[] Bindings = TableColumn.Parse("Name/name|Role|Age|Users+|Groups+|ServiceAccounts+");
    private static readonly TableColumn[] Webhooks = TableColumn.Parse("Name/name|Webhooks:integer|Age");
    private static readonly TableColumn[] Ingresses = TableColumn.Parse("Name/name|Class|Hosts|Address|Ports|Age");
    private static readonly TableColumn[] Events = TableColumn.Parse("Last Seen|Type|Reason|Object|Subobject+|Source+|Message|First Seen+|Count+|Name+");

    public static IEnumerable<(string Type, TablePrinter Printer)> All =>
    [
        ("nodes", new(TableColumn.Parse("Name/name|Status|Roles|Age|Version|Internal-IP+|External-IP+|OS-Image+|Kernel-Version+|Container-Runtime+"), (item, now) =>
        [
            Name(item), NodeStatus(item), NodeRoles(item), Age(item, now), item.TextAt("status.nodeInfo.kubeletVersion") ?? "",
            NodeAddress(item, "InternalIP"), NodeAddress(item, "ExternalIP"), item.TextAt("status.nodeInfo.osImage") ?? "<unknown>",
            item.TextAt("status.nodeInfo.kernelVersion") ?? "<unknown>", item.TextAt("status.nodeInfo.containerRuntimeVersion") ?? "<unknown>",
        ])),
        ("namespaces", new(TableColumn.Parse("Name/name|Status|Age"), (item, now) => [Name(item), item.TextAt("status.phase") ?? "", Age(item, now)])),
        ("services", new(TableColumn.Parse("Name/name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector+"), (item, now) =>
        [
            Name(item), item.TextAt("spec.type") ?? "", item.TextsAt("spec.clusterIPs") is [var first, ..] ? first : item.TextAt("spec.clusterIP") ?? None,
            ExternalAddress(item), Ports(item), Age(item, now), Labels(item.At("spec.selector")),
        ])),
        ("endpoints", new(TableColumn.Parse("Name/name|Endpoints|Age"), (item, now) => [Name(item), Endpoints(item), Age(item, now)])),
        ("discovery.k8s.io/endpointslices", new(TableColumn.Parse("Name/name|AddressType|Ports|Endpoints|Age"), (item, now) =>
        [
            Name(item), item.TextAt("addressType") ?? "",
            More([.. Items(item, "ports").Select(port => Plain(port["port"]) ?? port.TextAt("name") ?? "*")]),
            More([.. Items(item, "endpoints").SelectMany(endpoint => endpoint.TextsAt("addresses"))]), Age(item, now),
        ])),
        ("networking.k8s.io/ingresses", new(Ingresses, Ingress)),
        ("extensions/ingresses", new(Ingresses, Ingress)),
        ("networking.k8s.io/ingressclasses", new(TableColumn.Parse("Name/name|Controller|Parameters|Age"), (item, now) =>
            [Name(item), item.TextAt("spec.controller") ?? "", Parameters(item), Age(item, now)])),
        ("networking.k8s.io/networkpolicies", new(TableColumn.Parse("Name/name|Pod-Selector|Age"), (item, now) =>
            [Name(item), SelectorOrNone(item.At("spec.podSelector")), Age(item, now)])),
        ("events", new(Events, Event)),
        ("events.k8s.io/events", new(Events, Event)),
        ("configmaps", new(TableColumn.Parse("Name/name|Data|Age"), (item, now) => [Name(item), Count(item, "data") + Count(item, "binaryData"), Age(item, now)])),
        ("secrets", new(TableColumn.Parse("Name/name|Type|Data|Age"), (item, now) => [Name(item), item.TextAt("type") ?? "", Count(item, "data"), Age(item, now)])),
        ("serviceaccounts", new(TableColumn.Parse("Name/name|Secrets|Age"), (item, now) => [Name(item), Count(item, "secrets"), Age(item, now)])),
        ("resourcequotas", new(TableColumn.Parse("Name/name|Age|Request|Limit"), (item, now) => [Name(item), Age(item, now), Quota(item, false), Quota(item, true)])),
        ("componentstatuses", new(TableColumn.Parse("Name/name|Status|Message|Error"), (item, _) =>
        {
            JsonObject? healthy = Items(item, "conditions").FirstOrDefault(condition => condition.TextAt("type") == "Healthy");
            string status = healthy is null ? "Unknown" : healthy.TextAt("status") == "True" ? "Healthy" : "Unhealthy";
            return [Name(item), status, healthy.TextAt("message") ?? "", healthy.TextAt("error") ?? ""];
        })),
        ("persistentvolumes", new(TableColumn.Parse("Name/name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|Reason|Age|VolumeMode+"), (item, now) =>
        [
            Name(item), Plain(item.At("spec.capacity.storage")) ?? "0", AccessModes(item.TextsAt("spec.accessModes")),
            item.TextAt("spec.persistentVolumeReclaimPolicy") ?? "", Phase(item),
            item.At("spec.claimRef") is { } claim ? $"{claim.TextAt("namespace")}/{claim.TextAt("name")}" : "",
            StorageClass(item), item.TextAt("status.reason") ?? "", Age(item, now), item.TextAt("spec.volumeMode") ?? "<unset>",
        ])),
        ("persistentvolumeclaims", new(TableColumn.Parse("Name/name|Status|Volume|Capacity|Access Modes|StorageClass|Age|VolumeMode+"), (item, now) =>
        {
            string? volume = item.TextAt("spec.volumeName");
            return
            [
                Name(item), Phase(item), volume ?? "", volume is null ? "" : Plain(item.At("status.capacity.storage")) ?? "0",
                volume is null ? "" : AccessModes(item.TextsAt("status.accessModes")), StorageClass(item), Age(item, now),
                item.TextAt("spec.volumeMode") ?? "<unset>",
            ];
        })),
        ("storage.k8s.io/storageclasses", new(TableColumn.Parse("Name/name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age"), (item, now) =>
        [
            Name(item) + (item.At("metadata.annotations").At(["storageclass.kubernetes.io/is-default-class"]).Text() == "true" ? " (default)" : ""),
            item.TextAt("provisioner") ?? "", item.TextAt("reclaimPolicy") ?? "Delete", item.TextAt("volumeBindingMode") ?? "Immediate",
            item.FlagAt("allowVolumeExpansion") ?? false, Age(item, now),
        ])),
        ("scheduling.k8s.io/priorityclasses", new(TableColumn.Parse("Name/name|Value:integer|Global-Default:boolean|Age"), (item, now) =>
            [Name(item), Number(item, "value"), item.FlagAt("globalDefault") ?? false, Age(item, now)])),
        ("node.k8s.io/runtimeclasses", new(TableColumn.Parse("Name/name|Handler|Age"), (item, now) => [Name(item), item.TextAt("handler") ?? "", Age(item, now)])),
        ("coordination.k8s.io/leases", new(TableColumn.Parse("Name/name|Holder|Age"), (item, now) => [Name(item), item.TextAt("spec.holderIdentity") ?? "", Age(item, now)])),
        ("policy/podsecuritypolicies", new(TableColumn.Parse("Name/name|Priv|Caps|SELinux|RunAsUser|FsGroup|SupGroup|ReadOnlyRootFs|Volumes"), (item, _) =>
        [
            Name(item), item.FlagAt("spec.privileged") == true ? "true" : "false", string.Join(',', item.TextsAt("spec.allowedCapabilities")),
            item.TextAt("spec.seLinux.rule") ?? "", item.TextAt("spec.runAsUser.rule") ?? "", item.TextAt("spec.fsGroup.rule") ?? "",
            item.TextAt("spec.supplementalGroups.rule") ?? "", item.FlagAt("spec.readOnlyRootFilesystem") ?? false, string.Join(',', item.TextsAt("spec.volumes")),
        ])),
        ("rbac.authorization.k8s.io/rolebindings", new(Bindings, Binding)),
        ("rbac.authorization.k8s.io/clusterrolebindings", new(Bindings, Binding)),
        ("admissionregistration.k8s.io/mutatingwebhookconfigurations", new(Webhooks, (item, now) => [Name(item), Count(item, "webhooks"), Age(item, now)])),
        ("admissionregistration.k8s.io/validatingwebhookconfigurations", new(Webhooks, (item, now) => [Name(item), Count(item, "webhooks"), Age(item, now)])),
        ("apiregistration.k8s.io/apiservices", new(TableColumn.Parse("Name/name|Service|Available|Age"), (item, now) =>
        [
            Name(item), item.At("spec.service") is { } service ? $"{service.TextAt("namespace")}/{service.TextAt("name")}" : "Local", Available(item), Age(item, now),
        ])),
    ];

    private static string NodeStatus(JsonObject node)
    {
        string? ready = Items(node, "status.conditions").LastOrDefault(condition => condition.TextAt("type") == "Ready").TextAt("status");
        string status = ready switch { null => "Unknown", "True" => "Ready", _ => "NotReady" };
        return node.FlagAt("spec.unschedulable") == true ? status + ",SchedulingDisabled" : status;
    }

    private static string NodeRoles(JsonObject node)
    {
        var roles = new SortedSet<string>(StringComparer.Ordinal);
        foreach ((string label, JsonNode? value) in node.At("metadata.labels") as JsonObject ?? [])
        {
            if (label.StartsWith(RolePrefix, StringComparison.Ordinal) && label.Length > RolePrefix.Length)
                roles.Add(label[RolePrefix.Length..]);
            else if (label == RoleLabel && value.Text() is { } role)
                roles.Add(role);
        }
        return roles.Count == 0 ? None : string.Join(',', roles);
    }

    private static string NodeAddress(JsonObject node, string type)
        => Items(node, "status.addresses").FirstOrDefault(address => address.TextAt("type") == type).TextAt("address") ?? None;

    private static string ExternalAddress(JsonObject service)
    {
        string[] fixedAddresses = [.. service.TextsAt("spec.externalIPs")];
        switch (service.TextAt("spec.type"))
        {
            case "ClusterIP" or "NodePort":
                return fixedAddresses.Length > 0 ? string.Join(',', fixedAddresses) : None;
            case "LoadBalancer":
                string balancer = LoadBalancer(service);
                if (fixedAddresses.Length > 0)
                    return string.Join(',', balancer.Split(',', StringSplitOptions.RemoveEmptyEntries).Concat(fixedAddresses));
                return balancer.Length > 0 ? balancer : "<pending>";
            case "ExternalName":
                return service.TextAt("spec.externalName") ?? "";
            default:
                return "<unknown>";
        }
    }

    private static string Ports(JsonObject service)
    {
        string[] ports = [.. Items(service, "spec.ports").Select(port => Number(port, "nodePort") is > 0 and var node
            ? $"{Number(port, "port")}:{node}/{port.TextAt("protocol")}"
            : $"{Number(port, "port")}/{port.TextAt("protocol")}")];
        return ports.Length == 0 ? None : string.Join(',', ports);
    }

    private static string Endpoints(JsonObject endpoints)
    {
        var all = new List<string>();
        foreach (JsonObject subset in Items(endpoints, "subsets"))
        {
            string[] addresses = [.. Items(subset, "addresses").Select(address => address.TextAt("ip") ?? "")];
            JsonObject[] ports = [.. Items(subset, "ports")];
            if (ports.Length == 0)
                all.AddRange(addresses);
            foreach (JsonObject port in ports)
                all.AddRange(addresses.Select(address => $"{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:{Number(port, "port")}"));
        }
        if (all.Count == 0)
            return Count(endpoints, "subsets") == 0 ? None : "";
        return FirstOf(all, 3);
    }

    private static string More(IReadOnlyList<string> entries) => entries.Count == 0 ? "<unset>" : FirstOf(entries, 3);

    private static JsonNode?[] Ingress(JsonObject item, DateTimeOffset now)
    {
        JsonObject[] rules = [.. Items(item, "spec.rules")];
        string[] hosts = [.. rules.Select(rule => rule.TextAt("host")).OfType<string>()];
        string shown = hosts.Length == 0 ? "*" : hosts.Length > 3 ? $"{string.Join(',', hosts.Take(3))} + {rules.Length - 3} more..." : string.Join(',', hosts);
        return [Name(item), TextOrNone(item, "spec.ingressClassName"), shown, LoadBalancer(item), Count(item, "spec.tls") > 0 ? "80, 443" : "80", Age(item, now)];
    }

    private static string Parameters(JsonObject item)
    {
        if (item.At("spec.parameters") is not { } parameters)
            return None;
        string kind = parameters.TextAt("apiGroup") is { } group ? $"{parameters.TextAt("kind")}.{group}" : parameters.TextAt("kind") ?? "";
        return $"{kind}/{parameters.TextAt("name")}";
    }

    // events.k8s.io names the same things differently.
    private static JsonNode?[] Event(JsonObject item, DateTimeOffset now)
    {
        JsonNode? about = item["involvedObject"] ?? item["regarding"];
        JsonNode? source = item["source"] ?? item["deprecatedSource"];
        string first = HumanDuration.Since(item.TextAt("firstTimestamp") ?? item.TextAt("deprecatedFirstTimestamp") ?? item.TextAt("eventTime"), now);
        string? lastTime = item.TextAt("lastTimestamp") ?? item.TextAt("deprecatedLastTimestamp");
        string last = lastTime is null ? first : HumanDuration.Since(lastTime, now);
        long count = Math.Max(1, Math.Max(Number(item, "count"), Number(item, "deprecatedCount")));
        if (item["series"] is { } series)
        {
            last = HumanDuration.Since(series.TextAt("lastObservedTime"), now);
            count = Number(series, "count") + 1;
        }
        string kind = (about.TextAt("kind") ?? "").ToLowerInvariant();
        string component = source.TextAt("component") ?? item.TextAt("reportingComponent") ?? item.TextAt("reportingController") ?? "";
        string instance = source.TextAt("host") ?? item.TextAt("reportingInstance") ?? "";
        return
        [
            last, item.TextAt("type") ?? "", item.TextAt("reason") ?? "", about.TextAt("name") is { } name ? $"{kind}/{name}" : kind, about.TextAt("fieldPath") ?? "",
            instance.Length == 0 ? component : $"{component}, {instance}", (item.TextAt("message") ?? item.TextAt("note") ?? "").Trim(), first, count, Name(item),
        ];
    }

    private static string Quota(JsonObject item, bool limits)
    {
        var hard = item.At("status.hard") as JsonObject ?? [];
        return string.Join(", ", hard.Where(each => each.Key.StartsWith("limits.", StringComparison.Ordinal) == limits)
            .OrderBy(each => each.Key, StringComparer.Ordinal)
            .Select(each => $"{each.Key}: {Plain(item.At("status.used").At([each.Key])) ?? "0"}/{Plain(each.Value)}"));
    }

    private static string AccessModes(IReadOnlyList<string> modes) => string.Join(',', new[] { ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX") }
        .Where(mode => modes.Contains(mode.Item1)).Select(mode => mode.Item2));

    private static string Phase(JsonObject item) => item.TextAt("metadata.deletionTimestamp") is null ? item.TextAt("status.phase") ?? "" : "Terminating";

    private static string StorageClass(JsonObject item)
        => item.At("metadata.annotations").At(["volume.beta.kubernetes.io/storage-class"]).Text() ?? item.TextAt("spec.storageClassName") ?? "";

    private static JsonNode?[] Binding(JsonObject item, DateTimeOffset now)
    {
        JsonObject[] subjects = [.. Items(item, "subjects")];
        return
        [
            Name(item), $"{item.TextAt("roleRef.kind")}/{item.TextAt("roleRef.name")}", Age(item, now), Of("User", subject => subject.TextAt("name")),
            Of("Group", subject => subject.TextAt("name")), Of("ServiceAccount", subject => $"{subject.TextAt("namespace")}/{subject.TextAt("name")}"),
        ];

        string Of(string kind, Func<JsonObject, string?> name) => string.Join(", ", subjects.Where(subject => subject.TextAt("kind") == kind).Select(name));
    }

    private static string Available(JsonObject service)
    {
        JsonObject? condition = Items(service, "status.conditions").FirstOrDefault(each => each.TextAt("type") == "Available");
        if (condition is null)
            return "Unknown";
        string status = condition.TextAt("status") ?? "Unknown";
        return status == "True" ? status : $"{status} ({condition.TextAt("reason")})";
    }
}
