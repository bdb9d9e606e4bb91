namespace IstioAdmin.Core.Kube.Detection;

/// <summary>One sign by which a provider is known; any of its clues is enough.</summary>
/// <param name="Provider">Who it is.</param>
/// <param name="Source">Where the sign is documented.</param>
internal sealed record ProviderRow(ClusterProvider Provider, string Source)
{
    /// <summary>Part of the server's version string.</summary>
    public string? VersionContains { get; init; }

    /// <summary>Beginning of a label or annotation key on a node.</summary>
    public string? NodeKeyPrefix { get; init; }

    /// <summary>Beginning of a node's <c>spec.providerID</c>.</summary>
    public string? ProviderIdPrefix { get; init; }

    /// <summary>End of an API group's name.</summary>
    public string? GroupSuffix { get; init; }

    public bool Matches(ClusterEvidence evidence) =>
        (VersionContains is { } part && evidence.Version.Contains(part, StringComparison.OrdinalIgnoreCase))
        || (NodeKeyPrefix is { } key && evidence.Nodes.Any(n => n.Keys.Any(k => k.StartsWith(key, StringComparison.Ordinal))))
        || (ProviderIdPrefix is { } id && evidence.Nodes.Any(n => n.ProviderId?.StartsWith(id, StringComparison.Ordinal) == true))
        || (GroupSuffix is { } suffix && evidence.Groups?.Names.Any(n => n.EndsWith(suffix, StringComparison.Ordinal)) == true);
}
