using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Remotes;

/// <summary>How a mesh takes in a remote cluster.</summary>
public sealed record RemoteOptions
{
    /// <summary>The name by which the mesh knows the remote cluster; null for the name under which it is connected.</summary>
    public string? Name { get; init; }

    /// <summary>The address by which the mesh's cluster reaches the remote API server; null for the one by which this process does.</summary>
    public Uri? Server { get; init; }

    /// <summary>Namespaces of the remote cluster that the operator labels for injection; null says nothing about them.</summary>
    public IReadOnlyList<string>? AutoInjectionNamespaces { get; init; }

    /// <summary>What else the operator's resource is to say in its <c>spec</c>; merged on top of the rest. A field that is null is taken away.</summary>
    public JsonObject? Spec { get; init; }

    /// <summary>Take over objects and fields that somebody else made.</summary>
    public bool Force { get; init; }
}
