using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Operators;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>
/// A cluster of its own for the tests of operators and meshes, with two nodes and with what plays the part of the three operators: their programs run in
/// whatever pods carry the operators' images, as whatever service accounts those have.
/// </summary>
/// <remarks>
/// Not the shared cluster: these tests make objects of cluster scope, one mesh a cluster is all that Banzai's operator takes, and -WhatIf is
/// proven by what did not change anywhere. Its tests take turns; each begins with an empty cluster.
/// </remarks>
public abstract class OperatorBed : IAsyncLifetime
{
    /// <summary>The collection of every test class that uses one.</summary>
    public const string Collection = "Operators";

    public abstract TestCluster ControlPlane { get; }

    internal abstract ClusterApi Api { get; }

    /// <summary>What goes wrong in the operators; <see cref="ResetAsync"/> mends it.</summary>
    internal abstract OperatorFaults Faults { get; }

    internal OperatorTimes Times { get; } = new();

    /// <summary>Images that cannot be pulled: a name, or the beginning of names with an asterisk behind; null for none.</summary>
    public abstract string? Unpullable { set; }

    /// <summary>Whether Services of type LoadBalancer get addresses.</summary>
    public abstract bool LoadBalancers { set; }

    public abstract ValueTask InitializeAsync();

    /// <summary>Makes the cluster as good as new: no meshes, operators, webhooks, definitions and namespaces of tests.</summary>
    public abstract Task ResetAsync();

    /// <summary>The operators that run.</summary>
    internal abstract IReadOnlyList<T> Running<T>()
        where T : class, IPodProgram;

    /// <summary>Kills operators as the loss of power would, and their pods.</summary>
    internal abstract Task KillAsync<T>()
        where T : class, IPodProgram;

    /// <summary>Creates a namespace that takes pods.</summary>
    public async Task CreateNamespaceAsync(string name)
    {
        await Api.PostAsync("api/v1/namespaces", (JsonObject)JsonNode.Parse($$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{name}}"} }""")!);
        await Eventually.BecomesTrueAsync(
            async () => (await Api.FindAsync($"api/v1/namespaces/{name}/serviceaccounts/default"))?["secrets"] is not null, $"namespace {name} takes pods");
    }

    /// <summary>Whether the API server, which hears of labels and webhooks a moment after they were written, has new pods of a namespace injected.</summary>
    public async Task<bool> InjectsAsync(string ns)
    {
        JsonObject pod = await Api.PostAsync($"api/v1/namespaces/{ns}/pods?dryRun=All",
            (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"probe"},"spec":{"containers":[{"name":"app","image":"app:1"}]}}""")!);
        return pod["spec"]!["containers"]!.AsArray().Any(container => (string?)container!["name"] == "istio-proxy");
    }

    /// <summary>What is known of a mesh and its operator, for the log of a test that failed.</summary>
    public async Task ExplainAsync(OperatorCase of)
    {
        foreach (JsonObject mesh in await Api.ListAsync(of.Collection))
            TestContext.Current.TestOutputHelper?.WriteLine($"{mesh["metadata"]!["name"]} generation {mesh["metadata"]!["generation"]}: {mesh["status"]?.ToJsonString()}");
        foreach (OperatorProgram program in Running<OperatorProgram>())
            TestContext.Current.TestOutputHelper?.WriteLine($"{program.GetType().Name}: {string.Join("; ", program.Complaints)}");
    }

    public abstract ValueTask DisposeAsync();
}

/// <summary>The tests that share an <see cref="OperatorBed"/>, one after another: the module's connections belong to the process.</summary>
[CollectionDefinition(OperatorBed.Collection)]
public sealed class SharedOperatorBeds : ICollectionFixture<RealOperatorBed>, ICollectionFixture<SandboxOperatorBed>;
