using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>A pod's quality of service (<c>kubernetes/pkg/apis/core/v1/helper/qos</c>).</summary>
internal static class PodQuality
{
    private static readonly string[] Compute = ["cpu", "memory"];

    /// <summary>Guaranteed, Burstable or BestEffort.</summary>
    public static string ClassOf(JsonObject pod)
    {
        bool any = false, guaranteed = true;
        foreach (JsonNode? container in (pod.At("spec.containers") as JsonArray ?? []).Concat(pod.At("spec.initContainers") as JsonArray ?? []))
        {
            foreach (string resource in Compute)
            {
                string? request = Amount(container.At("resources", "requests", resource)), limit = Amount(container.At("resources", "limits", resource));
                any |= request is not null || limit is not null;
                guaranteed &= limit is not null && (request is null || request == limit);
            }
        }
        return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }

    private static string? Amount(JsonNode? node) => node.Text() is { } text && text != "0" ? text : null;
}
