using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>The status that a kubelet reports of a pod (<c>pkg/kubelet/kubelet_pods.go</c>, <c>status/generate.go</c> of Kubernetes 1.20).</summary>
internal static class PodStatus
{
    /// <summary>The status of a pod as its node has it.</summary>
    /// <param name="pod">The object.</param>
    /// <param name="run">What the node has.</param>
    /// <param name="phase">The phase.</param>
    /// <param name="ready">Whether its containers are ready.</param>
    /// <param name="hostAddress">The node's address.</param>
    public static JsonObject Of(JsonObject pod, PodRuntime run, string phase, Func<ContainerRun, bool> ready, string hostAddress)
    {
        ContainerRun[] inits = [.. run.Containers.Where(container => container.IsInit)], containers = [.. run.Containers.Where(container => !container.IsInit)];
        bool ended = phase is "Succeeded" or "Failed";
        bool initialized = Array.TrueForAll(inits, container => container.IsDone);
        string[] unready = [.. containers.Where(container => !ready(container)).Select(container => container.Name)];
        string[] incomplete = [.. inits.Where(container => !container.IsDone).Select(container => container.Name)];
        (string? Reason, string? Message) whyNot = unready.Length == 0 ? (null, null)
            : ended && phase == "Succeeded" ? ("PodCompleted", null)
            : ("ContainersNotReady", $"containers with unready status: [{string.Join(' ', unready)}]");
        var conditions = new JsonArray(
            Condition(pod, "Initialized", initialized, ended && phase == "Succeeded" ? "PodCompleted" : initialized ? null : "ContainersNotInitialized",
                initialized ? null : $"containers with incomplete status: [{string.Join(' ', incomplete)}]"),
            Condition(pod, "Ready", unready.Length == 0, whyNot.Reason, whyNot.Message),
            Condition(pod, "ContainersReady", unready.Length == 0, whyNot.Reason, whyNot.Message),
            Condition(pod, "PodScheduled", true, null, null));
        var status = new JsonObject
        {
            ["phase"] = phase,
            ["conditions"] = conditions,
            ["hostIP"] = hostAddress,
            ["startTime"] = Text(run.Began),
            ["qosClass"] = Json.Text(pod, "status", "qosClass") ?? QosClass(pod),
        };
        if (run.Address is { } address)
        {
            status["podIP"] = address;
            status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address });
        }
        if (inits.Length > 0)
            status["initContainerStatuses"] = new JsonArray([.. inits.Select(container => Container(container, container.IsDone, null))]);
        status["containerStatuses"] = new JsonArray([.. containers.Select(container => Container(container, ready(container), container.IsRunning))]);
        return status;
    }

    /// <summary>A condition; the time of its transition stays as long as it does.</summary>
    public static JsonObject Condition(JsonObject pod, string type, bool holds, string? reason, string? message)
    {
        JsonObject? before = Meta.Condition(pod, type);
        string status = holds ? "True" : "False";
        var condition = new JsonObject
        {
            ["type"] = type,
            ["status"] = status,
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = before is not null && Json.Text(before, "status") == status && before["lastTransitionTime"] is { } since ? since.DeepClone() : Json.Now(),
        };
        if (reason is not null)
            condition["reason"] = reason;
        if (message is not null)
            condition["message"] = message;
        return condition;
    }

    private static JsonObject Container(ContainerRun container, bool ready, bool? started)
    {
        string image = container.Image;
        int at = image.IndexOf('/', StringComparison.Ordinal);
        // containerd names images in full.
        if (at < 0)
            image = $"docker.io/library/{image}";
        else if (!image[..at].Contains('.', StringComparison.Ordinal) && !image[..at].Contains(':', StringComparison.Ordinal))
            image = $"docker.io/{image}";
        if (image.LastIndexOf(':') < image.LastIndexOf('/') && !image.Contains('@', StringComparison.Ordinal))
            image += ":latest";
        var status = new JsonObject
        {
            ["name"] = container.Name,
            ["state"] = container.State.DeepClone(),
            ["lastState"] = container.LastState?.DeepClone() ?? new JsonObject(),
            ["ready"] = ready,
            ["restartCount"] = container.Restarts,
            ["image"] = container.Id is null ? container.Image : image,
            ["imageID"] = container.Id is null ? "" : $"{image[..(image.LastIndexOf(':') is var colon && colon > image.LastIndexOf('/') ? colon : image.Length)]}@sha256:{Digest(image)}",
        };
        if (container.Id is { } id)
            status["containerID"] = $"containerd://{id}";
        if (started is { } up)
            status["started"] = up;
        return status;
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static string Digest(string image) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(image))).ToLowerInvariant();

    /// <summary>Guaranteed where limits equal requests everywhere, BestEffort where there are none, else Burstable (<c>qos.GetPodQOS</c>).</summary>
    private static string QosClass(JsonObject pod)
    {
        bool any = false, all = true;
        foreach (JsonObject container in Meta.Items(pod, "spec", "containers"))
        {
            JsonNode? limits = Json.At(container, "resources", "limits"), requests = Json.At(container, "resources", "requests");
            any |= limits is JsonObject { Count: > 0 } || requests is JsonObject { Count: > 0 };
            all &= limits?["cpu"] is not null && limits["memory"] is not null && (requests is null || JsonNode.DeepEquals(requests, limits));
        }
        return !any ? "BestEffort" : all ? "Guaranteed" : "Burstable";
    }
}
