using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Kube.Logs;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources.Node;

namespace IstioAdmin.Core.Redirection.Sources.Ephemeral;

/// <summary>
/// Reads the rules of a pod from inside, through an ephemeral container with NET_ADMIN. The container ends at once, but its entry stays in the
/// pod's specification until the pod is gone: Kubernetes has no way to take it out.
/// </summary>
internal sealed partial class EphemeralRules(MeshCluster cluster, RulesReadOptions options)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Refusals _refusals = new();

    /// <summary>Refuses servers that have no ephemeral containers; they are on by default since 1.23.</summary>
    /// <exception cref="MeshException"><c>EphemeralContainersNotServed</c>.</exception>
    public static void Require(MeshCluster cluster)
    {
        if (Version().Match(cluster.Version) is { Success: true } version && System.Version.TryParse(version.Value.TrimStart('v'), out Version? known) && known < new Version(1, 23))
            throw NotServed(cluster, $"Kubernetes {cluster.Version} has none");
    }

    /// <summary>Reads.</summary>
    /// <exception cref="MeshException">The container could not be added, did not start, or could not read.</exception>
    public async Task<PodRules> ReadAsync(MeshPod pod, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.Timeout);
        string name = $"istioadmin-{RandomNumberGenerator.GetHexString(10, lowercase: true)}";
        string word = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var reader = new NodeReader(RulesSource.Ephemeral, $"ephemeral container {name} of pod {pod}, whose entry stays in the pod until the pod is gone",
            [$"patch pods/ephemeralcontainers in {pod.Namespace}", $"get pods and pods/log in {pod.Namespace}", "NET_ADMIN in the pod"], IsInNodeNamespace: false);
        try
        {
            JsonObject before = await GetAsync(pod, limit.Token).ConfigureAwait(false);
            await AddAsync(pod, Container(name, word, before), limit.Token).ConfigureAwait(false);
            await EndAsync(pod, name, limit.Token).ConfigureAwait(false);
            return await PrintedAsync(pod, name, new InPlaceOutput(word, reader, pod), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new MeshException("EphemeralContainerTimedOut", FailureKind.Timeout,
                $"Ephemeral container {name} of pod {pod} did not end within {options.Timeout.TotalSeconds:0.#} s.", "kubectl describe pod tells what it waits for; allow more time.", pod, e);
        }
    }

    private async Task<JsonObject> GetAsync(MeshPod pod, CancellationToken cancel)
    {
        JsonObject? found = await _refusals.RememberAsync($"get {pod.Namespace}", () => cluster.Client.GetAsync(KubeResource.Pods, pod.Namespace, pod.Name, cancel)).ConfigureAwait(false);
        return found is not null && (pod.Uid is null || found.Metadata("uid") == pod.Uid) ? found : throw SourceFailures.Gone(pod);
    }

    private JsonObject Container(string name, string word, JsonObject pod)
    {
        (string? target, string? image) = Proxy(pod);
        if (options.InspectorImage is null && (image is null || image.Contains("distroless", StringComparison.Ordinal)))
        {
            throw new MeshException("InspectorImageNeeded", FailureKind.InvalidInput, $"Pod {pod.Metadata("namespace")}/{pod.Metadata("name")} has no sidecar whose image has a shell.",
                "Name an image with sh, grep, iptables-save and nft with -InspectorImage.");
        }
        var container = new JsonObject
        {
            ["name"] = name,
            ["image"] = options.InspectorImage ?? image,
            ["imagePullPolicy"] = "IfNotPresent",
            ["command"] = new JsonArray("sh", "-c", NodeScript.InPlace),
            ["env"] = new JsonArray(new JsonObject { ["name"] = "N", ["value"] = word }),
            ["securityContext"] = new JsonObject
            {
                ["capabilities"] = new JsonObject { ["add"] = new JsonArray("NET_ADMIN") },
                ["runAsUser"] = 0,
                ["runAsNonRoot"] = false,
            },
        };
        if (target is not null)
            container["targetContainerName"] = target;
        return container;
    }

    private static (string? Name, string? Image) Proxy(JsonObject pod)
    {
        foreach (string list in new[] { "containers", "initContainers" })
        {
            foreach (JsonObject container in (pod["spec"]?[list] as JsonArray)?.OfType<JsonObject>() ?? [])
            {
                // Only a container can be a target; a native sidecar is none.
                if ((string?)container["name"] == IstioNames.ProxyContainer)
                    return (list == "containers" ? IstioNames.ProxyContainer : null, (string?)container["image"]);
            }
        }
        return (null, null);
    }

    private async Task AddAsync(MeshPod pod, JsonObject container, CancellationToken cancel)
    {
        var patch = new JsonObject { ["spec"] = new JsonObject { ["ephemeralContainers"] = new JsonArray(container) } };
        string path = new RequestPath(KubeResource.Pods.Path(pod.Namespace, pod.Name, "ephemeralcontainers")).With("fieldManager", KubeApply.FieldManager).ToString();
        KubeSubject about = KubeResource.Pods.Subject("patch", pod.Namespace, pod.Name, "ephemeralcontainers");
        using var request = new HttpRequestMessage(HttpMethod.Patch, path)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(patch)) { Headers = { { "Content-Type", "application/strategic-merge-patch+json" } } },
        };
        try
        {
            await _refusals.RememberAsync($"patch {pod.Namespace}", async () =>
            {
                using HttpResponseMessage response = await cluster.Client.SendAsync(request, about, cancel).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.Kind == FailureKind.NotFound)
        {
            // The pod was there a moment ago, so it is the subresource that is missing, unless the pod has gone since.
            await GetAsync(pod, cancel).ConfigureAwait(false);
            throw NotServed(cluster, e.Message);
        }
    }

    private async Task EndAsync(MeshPod pod, string name, CancellationToken cancel)
    {
        while (true)
        {
            JsonObject found = await GetAsync(pod, cancel).ConfigureAwait(false);
            JsonObject? status = (found["status"]?["ephemeralContainerStatuses"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(entry => (string?)entry["name"] == name);
            if (status?["state"]?["terminated"] is not null)
                return;
            if (status?["state"]?["waiting"] is JsonObject waiting && InspectorWay.NeverStarts((string?)waiting["reason"]))
            {
                throw new MeshException("InspectorNotStarted", FailureKind.Rejected,
                    $"Ephemeral container {name} of pod {pod} did not start: {(string?)waiting["reason"]}: {(string?)waiting["message"]}",
                    "Name an image that the node can run with -InspectorImage.", pod);
            }
            await Task.Delay(Interval, cancel).ConfigureAwait(false);
        }
    }

    private async Task<PodRules> PrintedAsync(MeshPod pod, string name, InPlaceOutput output, CancellationToken cancel)
    {
        Stream log = await cluster.Client.OpenLogAsync(new PodContainer(pod.Namespace, pod.Name, name), new LogOptions(), cancel).ConfigureAwait(false);
        await using (log.ConfigureAwait(false))
        {
            byte[] buffer = new byte[64 * 1024];
            try
            {
                while (await log.ReadAsync(buffer, cancel).ConfigureAwait(false) is var count and > 0)
                    output.Append(buffer.AsSpan(0, count));
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                throw KubeFailure.From(e, cluster.Client, KubeResource.Pods.Subject("get", pod.Namespace, pod.Name, "log"));
            }
        }
        return output.Rules();
    }

    private static MeshException NotServed(MeshCluster cluster, string why) => new("EphemeralContainersNotServed", FailureKind.NotSupported,
        $"{cluster.Server}: the server has no ephemeral containers: {why}.", "They came with Kubernetes 1.23; read the rules on the nodes instead.", cluster);

    [GeneratedRegex(@"^v?\d+\.\d+", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
