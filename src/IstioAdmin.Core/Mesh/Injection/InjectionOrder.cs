namespace IstioAdmin.Core.Mesh.Injection;

/// <summary>What is wanted of a namespace's injection.</summary>
/// <param name="Enable">On or off.</param>
/// <param name="Revision">The revision; null for the default one (label <c>istio-injection</c>).</param>
/// <param name="Force">Replace labels that say otherwise, and name a revision that is not there.</param>
public sealed record InjectionOrder(bool Enable, string? Revision, bool Force);

/// <summary>A change of a namespace's labels that has been thought through and not begun.</summary>
public sealed record InjectionPlan
{
    /// <summary>The namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>What is wanted.</summary>
    public required InjectionOrder Order { get; init; }

    /// <summary>Labels that change: their new values, null for those that go.</summary>
    public required IReadOnlyDictionary<string, string?> Labels { get; init; }

    /// <summary>Whether there is something to write.</summary>
    public bool Writes => Labels.Count > 0;

    /// <summary>The change in words: <c>istio-injection=enabled</c>.</summary>
    public string Description => string.Join(", ", Labels.Select(label => label.Value is null ? $"{label.Key}-" : $"{label.Key}={label.Value}"));

    /// <summary>The namespace's resourceVersion when it was looked at.</summary>
    internal string? SeenVersion { get; init; }
}
