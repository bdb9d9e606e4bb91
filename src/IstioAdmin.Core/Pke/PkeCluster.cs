using System.Text.Json.Nodes;
using IstioAdmin.Core.Pke.Failures;

namespace IstioAdmin.Core.Pke;

/// <summary>
/// A cluster as Pipeline told of it. <see cref="Pods"/>, <see cref="Nodes"/>, <see cref="Endpoints"/> and <see cref="Services"/> ask Pipeline
/// when they are first looked at. Post hooks are not among them: the API runs them and never tells which ran.
/// </summary>
public sealed class PkeCluster
{
    private readonly OnDemand<PkePod> _pods;
    private readonly OnDemand<PkeNode> _nodes;
    private readonly OnDemand<PkeEndpoint> _endpoints;
    private readonly OnDemand<PkeService> _services;

    internal PkeCluster(PipelineConnection pipeline)
    {
        Pipeline = pipeline;
        _pods = new(cancel => PkeDetails.PodsAsync(this, cancel));
        _nodes = new(cancel => PkeDetails.NodesAsync(this, cancel));
        _endpoints = new(cancel => PkeDetails.EndpointsAsync(this, cancel));
        _services = new(cancel => PkeDetails.ServicesAsync(this, cancel));
    }

    /// <summary>The number by which the API knows it.</summary>
    public required long Id { get; init; }

    /// <summary>Name, unique in the organization.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of Kubernetes it is: <c>pke</c>, or another that Pipeline manages.</summary>
    public string? Distribution { get; init; }

    /// <summary>What Pipeline is doing with it.</summary>
    public PkeClusterStatus Status { get; init; }

    /// <summary>The status in the server's own word, for example <c>RUNNING</c>.</summary>
    public string StatusText { get; init; } = "";

    /// <summary>What the server says about the status.</summary>
    public string? StatusMessage { get; init; }

    /// <summary>The cloud: <c>amazon</c>, <c>azure</c>, <c>vsphere</c>.</summary>
    public string? Cloud { get; init; }

    /// <summary>Where in the cloud.</summary>
    public string? Location { get; init; }

    /// <summary>Version of Kubernetes.</summary>
    public string? Version { get; init; }

    /// <summary>Whether some of its machines are spot machines.</summary>
    public bool Spot { get; init; }

    /// <summary>Whether it takes logins through OpenID Connect.</summary>
    public bool Oidc { get; init; }

    /// <summary>When it was asked for, by the server's clock.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it came up, by the server's clock.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Who asked for it.</summary>
    public string? CreatorName { get; init; }

    /// <summary>Its node pools; empty in lists, which do not tell them.</summary>
    public IReadOnlyList<PkeNodePool> NodePools { get; init; } = [];

    /// <summary>Processors and memory of the whole cluster; null when the server does not tell.</summary>
    public PkeResources? Total { get; init; }

    /// <summary>Name of the organization that owns it.</summary>
    public string Organization => Pipeline.Organization;

    /// <summary>The connection that it was read through.</summary>
    public PipelineConnection Pipeline { get; }

    /// <summary>Everything that the server told, without secrets.</summary>
    public required JsonObject Resource { get; init; }

    /// <summary>Its pods; asks Pipeline once.</summary>
    public IReadOnlyList<PkePod> Pods => _pods.Value;

    /// <summary>Its nodes; asks Pipeline once.</summary>
    public IReadOnlyList<PkeNode> Nodes => _nodes.Value;

    /// <summary>The public addresses of its services; asks Pipeline once.</summary>
    public IReadOnlyList<PkeEndpoint> Endpoints => _endpoints.Value;

    /// <summary>What Pipeline runs in it; asks Pipeline once.</summary>
    public IReadOnlyList<PkeService> Services => _services.Value;

    internal string Path => Pipeline.Path(FormattableString.Invariant($"clusters/{Id}"));

    /// <summary>Fetches the kubeconfig. It holds credentials: it belongs into memory, or into a file that only its owner can read.</summary>
    /// <param name="oidc">The configuration for a personal login through OpenID Connect, instead of the administrator's.</param>
    /// <param name="cancel">Cancels fetching.</param>
    /// <returns>YAML.</returns>
    /// <exception cref="PipelineException">It could not be fetched; <c>PkeClusterNotReady</c> when there is none yet.</exception>
    public async Task<string> GetKubeconfigAsync(bool oidc, CancellationToken cancel)
    {
        string about = $"get the kubeconfig of cluster '{Name}'";
        JsonNode? answer = await Pipeline.Client.GetAsync($"{Path}/{(oidc ? "oidcconfig" : "config")}", about, timeout: null, cancel, confidential: true).ConfigureAwait(false);
        return answer.TextAt("data") ?? throw AnswerFailures.Unexpected(Pipeline.Client, about, "has no 'data'");
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
