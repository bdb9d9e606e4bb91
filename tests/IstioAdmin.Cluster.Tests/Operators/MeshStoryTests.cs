using System.Text.Json.Nodes;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>On a real API server.</summary>
[Collection(OperatorBed.Collection)]
public sealed class MeshStoryOnRealServerTests(RealOperatorBed bed) : MeshStoryTests(bed);

/// <summary>On the sandbox, which is to be no different.</summary>
[Collection(OperatorBed.Collection)]
public sealed class MeshStoryOnSandboxTests(SandboxOperatorBed bed) : MeshStoryTests(bed);

/// <summary>Meshes against a real API server, beyond the plain way up and down.</summary>
public abstract class MeshStoryTests(OperatorBed bed) : IAsyncLifetime
{
    private const string Gateways = "apis/servicemesh.cisco.com/v1alpha1/namespaces/istio-system/istiomeshgateways";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await bed.ResetAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Gateways_of_the_second_generation_are_made_changed_and_taken_away_with_the_mesh()
    {
        await new MeshWorld(bed, OperatorCase.Cisco).InstallOperatorAsync();
        using var shell = new MeshShell(bed.ControlPlane.Kubeconfig);

        shell.Get("New-IstioMesh mesh -Version 1.13.5 -IngressType NodePort -IngressMinReplicas 2 -IngressMaxReplicas 3 -IngressAnnotation @{ 'example.org/a' = 'b' } -Timeout 60");
        JsonObject made = Assert.Single(await bed.Api.ListAsync(Gateways, Cancel));
        Assert.Equal(("NodePort", 2, 3), ((string)made["spec"]!["service"]!["type"]!, (int)made["spec"]!["deployment"]!["replicas"]!["min"]!, (int)made["spec"]!["deployment"]!["replicas"]!["max"]!));

        shell.Get("Set-IstioMesh mesh -IngressType LoadBalancer -EgressType ClusterIP -Timeout 60");
        IReadOnlyList<JsonObject> changed = await bed.Api.ListAsync(Gateways, Cancel);
        Assert.Equal(["ClusterIP", "LoadBalancer"], changed.Select(gateway => (string)gateway["spec"]!["service"]!["type"]!).Order());
        Assert.Equal("b", (string?)changed.Single(gateway => (string)gateway["spec"]!["service"]!["type"]! == "LoadBalancer")["spec"]!["service"]!["metadata"]!["annotations"]!["example.org/a"]);

        shell.Get("Set-IstioMesh mesh -EgressType None -Timeout 60");
        Assert.Single(await bed.Api.ListAsync(Gateways, Cancel));
        shell.Run("Remove-IstioMesh -Confirm:$false -Timeout 60").ThrowIfFailed();
        Assert.Empty(await bed.Api.ListAsync(Gateways, Cancel));
    }

    [Fact]
    public async Task One_session_may_go_from_one_operator_to_another()
    {
        using var shell = new MeshShell(bed.ControlPlane.Kubeconfig);
        Story first = Story.Of("Banzai"), second = Story.Of("Cisco");
        await bed.CreateNamespaceAsync("shop");
        foreach (string step in (string[])[.. first.Up, .. first.Down])
            shell.Run(step).ThrowIfFailed();

        await Eventually.BecomesTrueAsync(async () => await bed.Api.FindAsync("api/v1/namespaces/istio-system", Cancel) is null, "the control plane's namespace is gone", TimeSpan.FromSeconds(60));

        // The first one's definitions have gone, too, and the client has seen them.
        foreach (string step in second.Up)
            shell.Run(step).ThrowIfFailed();

        Assert.Equal("Cisco", $"{shell.Get("Get-IstioCni").Properties["Operator"].Value}");
        Assert.Equal("Cisco", $"{shell.Get("Get-IstioMesh").Properties["Operator"].Value}");
    }
}
