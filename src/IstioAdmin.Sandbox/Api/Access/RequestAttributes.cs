namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>What a request is about, as authorization sees it (<c>apiserver/pkg/authorization/authorizer</c>, <c>Attributes</c>).</summary>
internal sealed record RequestAttributes
{
    /// <summary>get, list, watch, create, update, patch, delete, deletecollection; or the HTTP method in lower case for a path that is no resource.</summary>
    public required string Verb { get; init; }

    /// <summary>The path, when the request is not about a resource.</summary>
    public string? NonResourcePath { get; init; }

    /// <summary>The API group; empty for the core.</summary>
    public string Group { get; init; } = "";

    /// <summary>The version.</summary>
    public string Version { get; init; } = "";

    /// <summary>The resource's name in paths.</summary>
    public string Resource { get; init; } = "";

    /// <summary>The subresource; empty for none.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>The namespace; null for none or all.</summary>
    public string? Namespace { get; init; }

    /// <summary>The object's name; null for none.</summary>
    public string? Name { get; init; }
}
