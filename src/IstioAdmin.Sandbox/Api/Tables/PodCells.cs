using System.Text.Json.Nodes;
using IstioAdmin.Core;
using static IstioAdmin.Sandbox.Api.Tables.Cells;

namespace IstioAdmin.Sandbox.Api.Tables;

/// <summary>The row of a pod (<c>printPod</c>).</summary>
internal static class PodCells
{
    public static JsonNode?[] Of(JsonObject pod, DateTimeOffset now)
    {
        JsonObject[] containers = [.. Items(pod, "spec.containers")];
        string reason = pod.TextAt("status.reason") ?? pod.TextAt("status.phase") ?? "";
        long restarts = 0;
        int ready = 0;
        if (Initializing(pod, ref restarts) is { } initializing)
        {
            reason = initializing;
        }
        else
        {
            restarts = 0;
            bool isRunning = false;
            foreach (JsonObject status in Items(pod, "status.containerStatuses").Reverse())
            {
                restarts += Number(status, "restartCount");
                if (status.TextAt("state.waiting.reason") is { } waiting)
                {
                    reason = waiting;
                }
                else if (status.At("state.terminated") is { } ended)
                {
                    reason = Ended(ended);
                }
                else if (status.FlagAt("ready") == true && status.At("state.running") is not null)
                {
                    isRunning = true;
                    ready++;
                }
            }
            if (reason == "Completed" && isRunning)
                reason = HasCondition(pod, "Ready") ? "Running" : "NotReady";
        }
        if (pod.TextAt("metadata.deletionTimestamp") is not null)
            reason = pod.TextAt("status.reason") == "NodeLost" ? "Unknown" : "Terminating";

        string[] gates = [.. Items(pod, "spec.readinessGates").Select(gate => gate.TextAt("conditionType") ?? "")];
        return
        [
            Name(pod), $"{ready}/{containers.Length}", reason, restarts, Age(pod, now),
            Items(pod, "status.podIPs").FirstOrDefault().TextAt("ip") ?? pod.TextAt("status.podIP") ?? None,
            TextOrNone(pod, "spec.nodeName"), TextOrNone(pod, "status.nominatedNodeName"),
            gates.Length == 0 ? None : $"{gates.Count(gate => HasCondition(pod, gate))}/{gates.Length}",
        ];
    }

    // What the first init container that is not done is at; null when all are.
    private static string? Initializing(JsonObject pod, ref long restarts)
    {
        int index = 0;
        foreach (JsonObject status in Items(pod, "status.initContainerStatuses"))
        {
            restarts += Number(status, "restartCount");
            if (status.At("state.terminated") is { } ended)
            {
                if (Number(ended, "exitCode") != 0)
                    return "Init:" + Ended(ended);
            }
            else
            {
                return status.TextAt("state.waiting.reason") is { } waiting and not "PodInitializing"
                    ? "Init:" + waiting
                    : $"Init:{index}/{Count(pod, "spec.initContainers")}";
            }
            index++;
        }
        return null;
    }

    private static string Ended(JsonNode terminated) => terminated.TextAt("reason")
        ?? (Number(terminated, "signal") is not 0 and var signal ? $"Signal:{signal}" : $"ExitCode:{Number(terminated, "exitCode")}");

    private static bool HasCondition(JsonObject pod, string type)
        => Items(pod, "status.conditions").FirstOrDefault(condition => condition.TextAt("type") == type).TextAt("status") == "True";
}
