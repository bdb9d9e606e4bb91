namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>
/// All of a pod's specification, besides its annotations, that decides what its rules must do. Compared by content; pods of one workload
/// share an instance.
/// </summary>
public sealed record PodTrafficFacts
{
    /// <summary>A pod of which nothing is known.</summary>
    public static PodTrafficFacts None { get; } = new();

    /// <summary>Its containers and init containers, init containers first, each group in the specification's order.</summary>
    public IReadOnlyList<ContainerTraffic> Containers { get; init; } = [];

    /// <summary>User id in the pod's security context, for containers that have none of their own; null when it has none.</summary>
    public long? RunAsUser { get; init; }

    /// <summary>Group id in the pod's security context, for containers that have none of their own; null when it has none.</summary>
    public long? RunAsGroup { get; init; }

    /// <summary>The proxy; null when there is none. A container goes before a native sidecar.</summary>
    public ContainerTraffic? Proxy => Containers.LastOrDefault(c => c.Name == IstioNames.ProxyContainer);

    /// <summary>The init container that writes the rules; null when there is none.</summary>
    public ContainerTraffic? IstioInit => Containers.LastOrDefault(c => c is { Name: IstioNames.InitContainer, IsInit: true });

    /// <summary>The containers of the application: neither init containers nor the proxy.</summary>
    public IEnumerable<ContainerTraffic> Applications => Containers.Where(c => !c.IsInit && c.Name != IstioNames.ProxyContainer);

    /// <summary>The user id that a container runs with, its own before the pod's; null when the image decides.</summary>
    public long? UserOf(ContainerTraffic container) => container.RunAsUser ?? RunAsUser;

    /// <summary>The group id that a container runs with, its own before the pod's; null when the image decides.</summary>
    public long? GroupOf(ContainerTraffic container) => container.RunAsGroup ?? RunAsGroup;

    /// <inheritdoc/>
    public bool Equals(PodTrafficFacts? other) =>
        ReferenceEquals(this, other)
        || (other is not null && RunAsUser == other.RunAsUser && RunAsGroup == other.RunAsGroup
            && (ReferenceEquals(Containers, other.Containers) || Containers.SequenceEqual(other.Containers)));

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(RunAsUser);
        hash.Add(RunAsGroup);
        foreach (ContainerTraffic container in Containers)
            hash.Add(container);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Containers.Select(c => c.Name));
}
