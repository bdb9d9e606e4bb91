using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Kube.Yaml;
using IstioAdmin.Core.Mesh.Waiting;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Mesh.Changes;

/// <summary>A change of a mesh that has been thought through and not begun: the steps, so that each can be approved.</summary>
public sealed record MeshChange
{
    private static readonly TimeSpan LaterInterval = TimeSpan.FromSeconds(2);

    /// <summary>The cluster.</summary>
    public required MeshCluster Cluster { get; init; }

    /// <summary>The operator.</summary>
    public required MeshOperator Operator { get; init; }

    /// <summary>Namespace of the control plane.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the mesh.</summary>
    public required string Name { get; init; }

    /// <summary>What is written, in order; none when everything is as wanted already.</summary>
    public required IReadOnlyList<MeshStep> Steps { get; init; }

    /// <summary>The resources as they will be, as YAML.</summary>
    public string Yaml => KubeYaml.Write(Documents);

    /// <summary>Whether fields that other managers own are taken over.</summary>
    internal bool Force { get; init; }

    /// <summary>The resources as they will be.</summary>
    internal IReadOnlyList<JsonObject> Documents { get; init; } = [];

    /// <summary>Asks about each step, in order, and leaves out those that are not approved.</summary>
    /// <returns>Null when there were steps and none was approved.</returns>
    public MeshChange? Approve(Func<MeshStep, bool> ask)
    {
        MeshStep[] approved = [.. Steps.Where(ask)];
        return approved.Length == 0 && Steps.Count > 0 ? null : this with { Steps = approved };
    }

    /// <summary>Does it.</summary>
    /// <param name="wait">How long to wait until the operator has done it; null does not wait.</param>
    /// <param name="reporter">Told about progress.</param>
    /// <param name="cancel">Ends the work; what has been written by then stays, and the same command again completes it.</param>
    /// <returns>The mesh afterwards.</returns>
    /// <exception cref="MeshException">The server refused, somebody else manages a field, or time ran out.</exception>
    public async Task<IstioMesh> RunAsync(TimeSpan? wait, IReporter reporter, CancellationToken cancel)
    {
        long begun = Environment.TickCount64;
        foreach (MeshStep step in Steps.Where(step => !step.Later))
            await DoAsync(step, reporter, cancel).ConfigureAwait(false);
        JsonObject resource = await Cluster.Client.GetAsync(Operator.Mesh, Operator.Mesh.Namespaced ? Namespace : null, Name, cancel).ConfigureAwait(false)
            ?? throw new MeshException("MeshNotFound", FailureKind.NotFound, $"{Cluster.Server} has no mesh {Namespace}/{Name}.", "Get-IstioMesh shows what there is.", Name);
        IstioMesh mesh = await IstioMeshes.ReadAsync(Cluster, Operator, resource, cancel).ConfigureAwait(false);
        MeshStep[] later = [.. Steps.Where(step => step.Later)];
        if (wait is not { } patience)
        {
            foreach (MeshStep step in later)
                reporter.Warn($"{step.Target} is not written yet: the server learns of this kind while the operator makes the mesh. Wait-IstioMesh, then run the same command again.");
            return mesh;
        }
        mesh = await MeshWait.UntilAppliedAsync(Cluster, mesh, patience, reporter, cancel).ConfigureAwait(false);
        if (later.Length == 0)
            return mesh;
        TimeSpan left = patience - TimeSpan.FromMilliseconds(Environment.TickCount64 - begun);
        foreach (MeshStep step in later)
            await DoWhenServedAsync(step, left, reporter, cancel).ConfigureAwait(false);
        return await IstioMeshes.ReadAsync(Cluster, mesh, cancel).ConfigureAwait(false) ?? mesh;
    }

    private async Task DoAsync(MeshStep step, IReporter reporter, CancellationToken cancel)
    {
        if (step.Manifest is null)
        {
            await Cluster.Client.DeleteAsync(step.Resource, step.Namespace, step.Name, new DeleteOptions(Uid: (string?)step.Live?["metadata"]?["uid"]), cancel).ConfigureAwait(false);
            reporter.Detail($"{step.Target}: removed");
            return;
        }
        AppliedObject applied = await MeshApply.ApplyAsync(Cluster.Client, step.Resource, step.Manifest, Operator.Dialect.FieldManagers, new ApplyOptions(Force), reporter, cancel).ConfigureAwait(false);
        reporter.Detail($"{step.Target}: {applied.Outcome}");
    }

    private async Task DoWhenServedAsync(MeshStep step, TimeSpan patience, IReporter reporter, CancellationToken cancel)
    {
        long begun = Environment.TickCount64;
        while (await Cluster.Client.FindResourceAsync(step.Resource.ApiVersion, step.Resource.Kind, cancel).ConfigureAwait(false) is null)
        {
            if (Environment.TickCount64 - begun >= patience.TotalMilliseconds)
            {
                throw new MeshException("IstioApiNotFound", FailureKind.Timeout, $"The mesh is there, but {Cluster.Server} still does not know {step.Resource.Kind} ({step.Resource.ApiVersion}), so {step.Target} is not written.",
                    "Look at the operator's log; when Istio's CustomResourceDefinitions are there, run the same command again.", step.Target);
            }
            reporter.Progress($"Waiting for mesh {Namespace}/{Name}", $"{step.Resource.Kind} is not served yet");
            await Task.Delay(LaterInterval, cancel).ConfigureAwait(false);
        }
        await DoAsync(step, reporter, cancel).ConfigureAwait(false);
    }
}
