using System.Text.Json.Nodes;
using IstioAdmin.Core;
using static IstioAdmin.Sandbox.Api.Tables.Cells;

namespace IstioAdmin.Sandbox.Api.Tables;

/// <summary>The tables of what runs pods.</summary>
internal static class WorkloadTables
{
    private const string Wide = "|Containers+|Images+";

    public static IEnumerable<(string Type, TablePrinter Printer)> All =>
    [
        ("pods", new(TableColumn.Parse("Name/name|Ready|Status|Restarts:integer|Age|IP+|Node+|Nominated Node+|Readiness Gates+"), PodCells.Of)),
        ("podtemplates", new(TableColumn.Parse("Name/name|Containers|Images|Pod Labels"), (item, _) =>
            [Name(item), .. Template(item, "template.spec.containers"), Labels(item.At("template.metadata.labels"))])),
        ("replicationcontrollers", Replicas(item => Labels(item.At("spec.selector")))),
        ("apps/replicasets", Replicas(item => SelectorOrNone(item.At("spec.selector")))),
        ("apps/deployments", new(TableColumn.Parse("Name/name|Ready|Up-to-date|Available|Age" + Wide + "|Selector+"), (item, now) =>
        [
            Name(item), $"{Number(item, "status.readyReplicas")}/{Number(item, "spec.replicas")}", Plain(Number(item, "status.updatedReplicas")),
            Plain(Number(item, "status.availableReplicas")), Age(item, now), .. Template(item), Selector(item.At("spec.selector")),
        ])),
        ("apps/statefulsets", new(TableColumn.Parse("Name/name|Ready|Age" + Wide), (item, now) =>
            [Name(item), $"{Number(item, "status.readyReplicas")}/{Number(item, "spec.replicas")}", Age(item, now), .. Template(item)])),
        ("apps/daemonsets", new(
            TableColumn.Parse("Name/name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer|Node Selector|Age" + Wide + "|Selector+"),
            (item, now) =>
            [
                Name(item), Number(item, "status.desiredNumberScheduled"), Number(item, "status.currentNumberScheduled"), Number(item, "status.numberReady"),
                Number(item, "status.updatedNumberScheduled"), Number(item, "status.numberAvailable"), Labels(item.At("spec.template.spec.nodeSelector")),
                Age(item, now), .. Template(item), SelectorOrNone(item.At("spec.selector")),
            ])),
        ("batch/jobs", new(TableColumn.Parse("Name/name|Completions|Duration|Age" + Wide + "|Selector+"), (item, now) =>
            [Name(item), Completions(item), JobDuration(item, now), Age(item, now), .. Template(item), SelectorOrNone(item.At("spec.selector"))])),
        ("batch/cronjobs", new(TableColumn.Parse("Name/name|Schedule|Suspend:boolean|Active:integer|Last Schedule|Age" + Wide + "|Selector+"), (item, now) =>
        [
            Name(item), item.TextAt("spec.schedule"), item.FlagAt("spec.suspend") switch { true => "True", false => "False", null => "<unset>" },
            Count(item, "status.active"),
            item.TextAt("status.lastScheduleTime") is { } last ? HumanDuration.Since(last, now) : None,
            Age(item, now), .. Template(item, "spec.jobTemplate.spec.template.spec.containers"), SelectorOrNone(item.At("spec.jobTemplate.spec.selector")),
        ])),
        ("autoscaling/horizontalpodautoscalers", new(TableColumn.Parse("Name/name|Reference|Targets|MinPods|MaxPods|Replicas|Age"), (item, now) =>
        [
            Name(item), $"{item.TextAt("spec.scaleTargetRef.kind")}/{item.TextAt("spec.scaleTargetRef.name")}", Targets(item),
            Plain(item.At("spec.minReplicas")) ?? "<unset>", Number(item, "spec.maxReplicas"), Number(item, "status.currentReplicas"), Age(item, now),
        ])),
        ("policy/poddisruptionbudgets", new(TableColumn.Parse("Name/name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age"), (item, now) =>
        [
            Name(item), Plain(item.At("spec.minAvailable")) ?? "N/A", Plain(item.At("spec.maxUnavailable")) ?? "N/A",
            Number(item, "status.disruptionsAllowed"), Age(item, now),
        ])),
        ("apps/controllerrevisions", new(TableColumn.Parse("Name/name|Controller|Revision|Age"), (item, now) =>
            [Name(item), Controller(item), Number(item, "revision"), Age(item, now)])),
    ];

    private static TablePrinter Replicas(Func<JsonObject, string> selector) => new(
        TableColumn.Parse("Name/name|Desired:integer|Current:integer|Ready:integer|Age" + Wide + "|Selector+"),
        (item, now) =>
        [
            Name(item), Number(item, "spec.replicas"), Number(item, "status.replicas"), Number(item, "status.readyReplicas"), Age(item, now),
            .. Template(item), selector(item),
        ]);

    private static JsonNode?[] Template(JsonObject item, string path = "spec.template.spec.containers")
    {
        (string names, string images) = Containers(item, path);
        return [names, images];
    }

    private static string Completions(JsonObject job)
    {
        long done = Number(job, "status.succeeded");
        if (job.At("spec.completions") is not null)
            return $"{done}/{Number(job, "spec.completions")}";
        return Number(job, "spec.parallelism") is > 1 and var parallel ? $"{done}/1 of {parallel}" : $"{done}/1";
    }

    private static string JobDuration(JsonObject job, DateTimeOffset now)
    {
        if (!TryTime(job.TextAt("status.startTime"), out DateTimeOffset start))
            return "";
        return HumanDuration.Format((TryTime(job.TextAt("status.completionTime"), out DateTimeOffset end) ? end : now) - start);
    }

    private static bool TryTime(string? text, out DateTimeOffset time)
        => DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out time);

    private static string Controller(JsonObject item)
    {
        JsonObject? owner = Items(item, "metadata.ownerReferences").FirstOrDefault(reference => reference.FlagAt("controller") == true);
        if (owner is null)
            return None;
        string[] version = (owner.TextAt("apiVersion") ?? "").Split('/');
        string kind = (owner.TextAt("kind") ?? "").ToLowerInvariant();
        return version.Length == 2 ? $"{kind}.{version[0]}/{owner.TextAt("name")}" : $"{kind}/{owner.TextAt("name")}";
    }

    // autoscaling/v1 has the processor alone, the later versions have lists.
    private static string Targets(JsonObject scaler)
    {
        if (scaler.At("spec.targetCPUUtilizationPercentage") is { } target)
            return $"{(scaler.At("status.currentCPUUtilizationPercentage") is { } now ? $"{now}%" : "<unknown>")}/{target}%";
        JsonObject[] wanted = [.. Items(scaler, "spec.metrics")];
        JsonObject[] found = [.. Items(scaler, "status.currentMetrics")];
        string[] targets = [.. wanted.Select((metric, at) => Target(metric, found.ElementAtOrDefault(at)))];
        return targets.Length > 2 ? $"{string.Join(", ", targets.Take(2))} + {targets.Length - 2} more..." : targets.Length == 0 ? None : string.Join(", ", targets);
    }

    private static string Target(JsonObject metric, JsonObject? status)
    {
        string type = metric.TextAt("type") ?? "";
        string field = type.Length == 0 ? "" : char.ToLowerInvariant(type[0]) + type[1..];
        JsonNode? target = metric.At($"{field}.target"), current = status.At($"{field}.current");
        if (type is not ("Resource" or "ContainerResource" or "Pods" or "Object" or "External"))
            return "<unknown type>";
        if (target.At("averageValue") is { } average)
            return $"{Plain(current.At("averageValue")) ?? "<unknown>"}/{Plain(average)}{(type is "Object" or "External" ? " (avg)" : "")}";
        if (type is "Resource" or "ContainerResource")
        {
            string wanted = target.At("averageUtilization") is { } percent ? $"{percent}%" : "<auto>";
            return $"{(current.At("averageUtilization") is { } now ? $"{now}%" : "<unknown>")}/{wanted}";
        }
        return $"{Plain(current.At("value")) ?? "<unknown>"}/{Plain(target.At("value"))}";
    }
}
