namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>What one container's specification says that matters to the rules of its pod. Compared by content.</summary>
public sealed record ContainerTraffic
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is an init container; native sidecars are.</summary>
    public bool IsInit { get; init; }

    /// <summary>The command in place of the image's; read of istio-init only.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The arguments; read of istio-init only.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>
    /// The variables with a meaning for redirection (see <see cref="TrafficVariables"/>); read of istio-proxy and istio-init only. One whose
    /// value comes from elsewhere (<c>valueFrom</c>) is empty, as the CNI plugin takes it.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = Mesh.MeshPod.EmptyMap;

    /// <summary>The ports that it declares, in order. They say nothing of what it really listens on.</summary>
    public IReadOnlyList<DeclaredPort> Ports { get; init; } = [];

    /// <summary>User id in its own security context; null when that has none.</summary>
    public long? RunAsUser { get; init; }

    /// <summary>Group id in its own security context; null when that has none.</summary>
    public long? RunAsGroup { get; init; }

    /// <inheritdoc/>
    public bool Equals(ContainerTraffic? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Name == other.Name && IsInit == other.IsInit && RunAsUser == other.RunAsUser && RunAsGroup == other.RunAsGroup
            && Same(Command, other.Command) && Same(Arguments, other.Arguments) && Same(Ports, other.Ports) && Same(Environment, other.Environment));

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Name, StringComparer.Ordinal);
        hash.Add(RunAsUser);
        hash.Add(Arguments.Count);
        hash.Add(Environment.Count);
        foreach (DeclaredPort port in Ports)
            hash.Add(port.Number);
        foreach (string argument in Arguments)
            hash.Add(argument, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static bool Same<T>(IReadOnlyList<T> a, IReadOnlyList<T> b) => ReferenceEquals(a, b) || a.SequenceEqual(b);

    private static bool Same(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        ReferenceEquals(a, b) || (a.Count == b.Count && a.All(entry => b.TryGetValue(entry.Key, out string? value) && value == entry.Value));
}

/// <summary>A port that a container declares.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Protocol">TCP, UDP or SCTP; TCP where the specification says nothing.</param>
public readonly record struct DeclaredPort(int Number, string Protocol);
