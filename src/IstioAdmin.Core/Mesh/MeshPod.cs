using IstioAdmin.Core.Redirection;

namespace IstioAdmin.Core.Mesh;

/// <summary>A pod as the mesh sees it: what is in it, whether Istio must redirect its traffic, how, and why.</summary>
public sealed record MeshPod
{
    /// <summary>Name of the connected cluster that the pod was listed from.</summary>
    public required string Cluster { get; init; }

    /// <summary>Namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>The object's uid.</summary>
    public string? Uid { get; init; }

    /// <summary>The node it runs on; null while it is not scheduled.</summary>
    public string? Node { get; init; }

    /// <summary>Phase: Pending, Running, Succeeded, Failed or Unknown; null when the pod has no status yet.</summary>
    public string? Phase { get; init; }

    /// <summary>Addresses of the pod, the primary one first.</summary>
    public IReadOnlyList<string> PodIPs { get; init; } = [];

    /// <summary>Names of its containers, in the specification's order.</summary>
    public IReadOnlyList<string> Containers { get; init; } = [];

    /// <summary>Names of its init containers, in the specification's order; native sidecars are among them.</summary>
    public IReadOnlyList<string> InitContainers { get; init; } = [];

    /// <summary>Whether a sidecar was injected.</summary>
    public bool Injected { get; init; }

    /// <summary>How its traffic is redirected.</summary>
    public RedirectMethod RedirectMethod { get; init; }

    /// <summary>Whether Istio must redirect its traffic: all of <see cref="RedirectionConditions"/> are met.</summary>
    public bool RedirectionExpected { get; init; }

    /// <summary>One entry for each condition that decides <see cref="RedirectionExpected"/>, in the order the plugin asks them.</summary>
    public IReadOnlyList<RedirectionCondition> RedirectionConditions { get; init; } = [];

    /// <summary>Names of the containers, init containers among them, that ask for NET_ADMIN or run privileged.</summary>
    public IReadOnlyList<string> NetAdmin { get; init; } = [];

    /// <summary>Version of the injected proxy, from its image tag; null when there is none or the tag is no version.</summary>
    public string? IstioVersion { get; init; }

    /// <summary>Whether its Ready condition is true.</summary>
    public bool Ready { get; init; }

    /// <summary>The name, with its namespace.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
