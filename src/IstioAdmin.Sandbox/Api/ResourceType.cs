namespace IstioAdmin.Sandbox.Api;

/// <summary>A kind of object that the API serves, in one version (Kubernetes' <c>APIResource</c>).</summary>
/// <param name="Group">The API group; empty for the core.</param>
/// <param name="Version">The version, such as <c>v1</c>.</param>
/// <param name="Plural">The name in paths.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Namespaced">Whether its objects live in namespaces.</param>
internal sealed record ResourceType(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    /// <summary>The name of one, in lower case.</summary>
    public string Singular { get; init; } = Kind.ToLowerInvariant();

    /// <summary>The kind of a list.</summary>
    public string ListKind { get; init; } = Kind + "List";

    /// <summary>What kubectl users type for short.</summary>
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>The groups that it belongs to, such as <c>all</c>.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>The subresources, such as <c>status</c>.</summary>
    public IReadOnlyList<string> Subresources => [.. SubresourceTypes.Select(subresource => subresource.Name)];

    /// <summary>The subresources with their kinds and verbs.</summary>
    public IReadOnlyList<SubresourceType> SubresourceTypes { get; init; } = [];

    /// <summary>What may be done with its objects.</summary>
    public IReadOnlyList<string> Verbs { get; init; } = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>Whether a CustomResourceDefinition made it.</summary>
    public bool IsCustom { get; init; }

    /// <summary>Columns of <c>kubectl get</c> that a CustomResourceDefinition asks for (<c>additionalPrinterColumns</c>).</summary>
    public IReadOnlyList<PrinterColumn> PrinterColumns { get; init; } = [];

    /// <summary><c>apiVersion</c> of its objects.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}

/// <summary>A column that a CustomResourceDefinition asks for.</summary>
internal sealed record PrinterColumn(string Name, string Type, string JsonPath, string Description = "", string Format = "", int Priority = 0);

/// <summary>A subresource.</summary>
/// <param name="Name">Its name in paths, such as <c>scale</c>.</param>
/// <param name="Kind">The kind of what is read and written there.</param>
/// <param name="Verbs">What may be done there.</param>
internal sealed record SubresourceType(string Name, string Kind, IReadOnlyList<string> Verbs)
{
    /// <summary>The kind's API group, where it is not that of the resource; null otherwise.</summary>
    public string? Group { get; init; }

    /// <summary>The kind's version, where it is not that of the resource; null otherwise.</summary>
    public string? Version { get; init; }
}
