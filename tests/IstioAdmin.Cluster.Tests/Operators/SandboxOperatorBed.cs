using IstioAdmin.Testing;
using IstioAdmin.Sandbox;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Operators;
using IstioAdmin.Sandbox.Serving;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>On the sandbox, which has operators and nodes of its own; each test gets a new one.</summary>
public sealed class SandboxOperatorBed : OperatorBed
{
    private SandboxPlane? _plane;
    private ClusterApi? _api;

    public override TestCluster ControlPlane => _plane!;

    internal override ClusterApi Api => _api!;

    internal override OperatorFaults Faults => Cluster.Faults.Operators;

    public override string? Unpullable
    {
        set
        {
            foreach (string image in Cluster.Faults.UnpullableImages)
                Cluster.Faults.SetUnpullable(image, false);
            if (value is not null)
                Cluster.Faults.SetUnpullable(value, true);
        }
    }

    public override bool LoadBalancers
    {
        set => Cluster.Faults.LoadBalancersPending = !value;
    }

    private SandboxCluster Cluster => _plane!.Served.Cluster;

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override async Task ResetAsync()
    {
        await DisposeAsync();
        _plane = await SandboxPlane.StartAsync(new ClusterOptions { Name = "operators", Nodes = new NodeOptions { Count = 2 }, Times = Times });
        // As the administrator, whom faults of the API hit as they hit users.
        _api = new ClusterApi(Cluster.Api.CreateClient());
    }

    internal override IReadOnlyList<T> Running<T>() => [.. Cluster.Nodes.Kubelets.Running.Values.Select(run => run.Program).OfType<T>()];

    internal override async Task KillAsync<T>()
    {
        foreach (PodRuntime run in Cluster.Nodes.Kubelets.Running.Values.Where(run => run.Program is T))
            await Cluster.Nodes.Kubelets.KillAsync(run);
    }

    public override async ValueTask DisposeAsync()
    {
        _api?.Dispose();
        if (_plane is not null)
            await _plane.DisposeAsync();
    }
}
