using System.Collections.Concurrent;
using IstioAdmin.Clusters;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Loading;
using IstioAdmin.Core.Pke;
using IstioAdmin.Pipelines;
using IstioAdmin.Sandbox;

namespace IstioAdmin.Sandboxes;

/// <summary>The sandboxes that run in this process.</summary>
internal static class RunningSandboxes
{
    private static readonly ConcurrentDictionary<string, MeshSandbox> Known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<MeshSandbox> All => [.. Known.Values.OrderBy(sandbox => sandbox.Name, StringComparer.OrdinalIgnoreCase)];

    /// <summary>All of them, and the clusters that their Pipelines created.</summary>
    private static IEnumerable<MeshSandbox> Usable => All.SelectMany(sandbox => sandbox.Clusters.Prepend(sandbox));

    /// <summary>Those that were started and whose names match; one that is named without wildcards must be there, and may be one that a Pipeline created.</summary>
    /// <exception cref="MeshException"><c>SandboxNotFound</c>.</exception>
    public static IReadOnlyList<MeshSandbox> FindAny(string? name)
    {
        if (name is null || NamePattern.Parse(name) is not { HasWildcards: false } exact || All.Any(sandbox => exact.IsMatch(sandbox.Name)))
            return Find(name);
        List<MeshSandbox> created = [.. Usable.Where(sandbox => exact.IsMatch(sandbox.Name))];
        return created.Count > 0 ? created : Find(name);
    }

    /// <summary>Those that were started and whose names match; one that is named without wildcards must be there.</summary>
    /// <exception cref="MeshException"><c>SandboxNotFound</c>, or a Pipeline created it (<c>SandboxOfPipeline</c>).</exception>
    public static IReadOnlyList<MeshSandbox> Find(string? name)
    {
        if (name is null)
            return All;
        var pattern = NamePattern.Parse(name);
        List<MeshSandbox> found = [.. All.Where(sandbox => pattern.IsMatch(sandbox.Name))];
        if (found.Count > 0 || pattern.HasWildcards)
            return found;
        if (All.FirstOrDefault(sandbox => sandbox.Clusters.Any(cluster => pattern.IsMatch(cluster.Name))) is { } owner)
        {
            throw new MeshException("SandboxOfPipeline", FailureKind.InvalidInput, $"Cluster {name} belongs to the Pipeline of sandbox {owner.Name}.",
                $"Remove-PkeCluster removes it, and Stop-MeshSandbox {owner.Name} stops both.", name);
        }
        throw NotFound(name);
    }

    /// <summary>The one of a name, among those that a Pipeline created as well; without a name the one whose cluster is the current one, or the only one.</summary>
    /// <exception cref="MeshException"><c>SandboxNotFound</c>, or there are several (<c>SandboxAmbiguous</c>).</exception>
    public static MeshSandbox One(string? name)
    {
        List<MeshSandbox> usable = [.. Usable];
        if (name is null && ConnectedClusters.Current is { } current && usable.Find(sandbox => Serves(sandbox, current)) is { } served)
            return served;
        NamePattern? pattern = name is null ? null : NamePattern.Parse(name);
        List<MeshSandbox> found = [.. usable.Where(sandbox => pattern is null || pattern.IsMatch(sandbox.Name))];
        return found.Count switch
        {
            1 => found[0],
            0 => throw NotFound(name),
            _ => throw new MeshException("SandboxAmbiguous", FailureKind.InvalidInput, $"Several sandboxes are meant: {string.Join(", ", found.Select(sandbox => sandbox.Name))}.",
                "Name one with -Sandbox, or make its cluster the current one: Connect-MeshCluster.", name),
        };
    }

    /// <summary>The one that a cluster is.</summary>
    /// <exception cref="MeshException">It is none, or one of another process (<c>SandboxNotFound</c>).</exception>
    public static MeshSandbox Of(MeshCluster cluster) => Usable.FirstOrDefault(sandbox => Serves(sandbox, cluster))
        ?? throw new MeshException("SandboxNotFound", FailureKind.NotFound, $"Cluster '{cluster.Name}' at {cluster.Server} is no sandbox of this process.",
            "Faults can be set in sandboxes only, by the process that runs them: Get-MeshSandbox lists them.", cluster);

    /// <summary>Adds one that was started. It is stopped when the module is removed or the process ends.</summary>
    /// <exception cref="MeshException">There is one of this name by now, and the new one was stopped (<c>SandboxExists</c>).</exception>
    public static async Task AddAsync(MeshSandbox sandbox)
    {
        if (!Known.TryAdd(sandbox.Name, sandbox))
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
            throw Exists(sandbox.Name);
        }
        ModuleUse.AtEnd(() => Task.WhenAll(All.Select(one => StopAsync(one, CancellationToken.None))));
    }

    /// <summary>Fails when there is one of this name.</summary>
    /// <exception cref="MeshException"><c>SandboxExists</c>.</exception>
    public static void RequireFree(string name)
    {
        if (Known.ContainsKey(name))
            throw Exists(name);
    }

    /// <summary>Stops one, and closes the connections to it, to its Pipeline and what that created; one whose state cannot be written runs on.</summary>
    /// <exception cref="MeshException"><c>SandboxSnapshotNotWritten</c>.</exception>
    public static async Task StopAsync(MeshSandbox sandbox, CancellationToken cancel)
    {
        if (!Known.TryRemove(new KeyValuePair<string, MeshSandbox>(sandbox.Name, sandbox)))
            return;
        MeshSandbox[] stopped = [sandbox, .. sandbox.Clusters];
        MeshCluster[] clusters = [.. ConnectedClusters.All.Where(cluster => stopped.Any(one => Serves(one, cluster)))];
        PipelineConnection[] pipelines = [.. ConnectedPipelines.Known.All.Where(pipeline => pipeline.Endpoint.Authority == sandbox.Endpoint?.Authority)];
        try
        {
            await sandbox.StopAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MeshException or OperationCanceledException)
        {
            Known.TryAdd(sandbox.Name, sandbox);
            throw;
        }
        foreach (MeshCluster cluster in clusters.Where(ConnectedClusters.Remove))
            cluster.Client.Dispose();
        foreach (PipelineConnection pipeline in pipelines.Where(ConnectedPipelines.Known.Remove))
            pipeline.Dispose();
    }

    private static bool Serves(MeshSandbox sandbox, MeshCluster cluster) => sandbox.Server == cluster.Server;

    private static MeshException NotFound(string? name) => name is null
        ? new MeshException("SandboxNotFound", FailureKind.NotFound, "No sandbox runs in this process.", "Start-MeshSandbox starts one.", name)
        : new MeshException("SandboxNotFound", FailureKind.NotFound, $"No sandbox {name} runs in this process.",
            Known.IsEmpty ? "Start-MeshSandbox starts one." : $"These run: {string.Join(", ", Usable.Select(sandbox => sandbox.Name))}.", name);

    private static MeshException Exists(string name) => new("SandboxExists", FailureKind.Conflict, $"A sandbox {name} runs already in this process.",
        "Give the new one another -Name, or stop the other one: Stop-MeshSandbox.", name);
}
