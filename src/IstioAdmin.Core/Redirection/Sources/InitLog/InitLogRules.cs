using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Logs;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Sources.InitLog;

/// <summary>Reads the rules of a pod from the log of its istio-init container: what was written once, not what is there now.</summary>
internal static class InitLogRules
{
    /// <summary>More lines than this no istio-init prints.</summary>
    private const int MostLines = 100_000;

    /// <summary>Reads.</summary>
    /// <exception cref="MeshException">
    /// The pod has no such container (<c>NoInitLog</c>), its log could not be read, or there are no rules in it (<c>NoRulesInLog</c>).
    /// </exception>
    public static async Task<PodRules> ReadAsync(KubeClient client, MeshPod pod, CancellationToken cancel)
    {
        if (!pod.InitContainers.Contains(IstioNames.InitContainer))
        {
            throw new MeshException("NoInitLog", FailureKind.NotSupported, $"Pod {pod} has no init container {IstioNames.InitContainer}, so no log tells its rules.",
                "Read them on the node; the CNI plugin, which writes them there, logs on the node too.", pod);
        }
        var text = new InitLogText();
        int lines = 0;
        await foreach (string line in client.ReadLogAsync(new PodContainer(pod.Namespace, pod.Name, IstioNames.InitContainer), new LogOptions(), cancel).ConfigureAwait(false))
        {
            text.Add(line);
            if (++lines == MostLines)
                break;
        }
        if (text.Dumps() is not { Count: > 0 } dumps)
        {
            throw new MeshException("NoRulesInLog", FailureKind.NotFound,
                $"The log of container {IstioNames.InitContainer} of pod {pod} ({lines} lines) has no rules in it.",
                "The kubelet may have rotated the log away, or the image prints none; read the rules on the node.", pod);
        }
        return new PodRules
        {
            Source = RulesSource.InitLog,
            Reader = $"log of {IstioNames.InitContainer}, {(text.HasFinalState ? "which printed the rules that it had written" : "which printed the commands that write them")}: written once, not what is there now",
            Privileges = [$"get pods/log in {pod.Namespace}"],
            ReadAt = DateTimeOffset.UtcNow,
            Dumps = dumps,
        };
    }
}
