using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>A request about a resource, read from its path.</summary>
/// <param name="Type">The type, in the version that was asked for.</param>
/// <param name="Verb">get, list, watch, create, update, patch, delete or deletecollection.</param>
/// <param name="Namespace">The namespace; null for objects of the cluster and for all namespaces.</param>
/// <param name="Name">The object's name; null for none.</param>
/// <param name="Subresource">The subresource; empty for none.</param>
internal sealed record ResourceRequest(ResourceType Type, string Verb, string? Namespace, string? Name, string Subresource = "")
{
    /// <summary>Where the type's objects are stored.</summary>
    public TypeKey Key => Resources.ResourceTypes.KeyOf(Type);

    /// <summary>The type as the path names it, for messages.</summary>
    public TypeKey Served => new(Type.Group, Type.Plural);

    /// <summary>The request as authorization sees it.</summary>
    public RequestAttributes Attributes => new()
    {
        Verb = Verb,
        Group = Type.Group,
        Version = Type.Version,
        Resource = Type.Plural,
        Subresource = Subresource,
        Namespace = Namespace,
        Name = Name,
    };

    /// <summary>The request that authorization has looked at.</summary>
    public static ResourceRequest From(RequestAttributes attributes, ResourceType type) =>
        new(type, attributes.Verb, string.IsNullOrEmpty(attributes.Namespace) ? null : attributes.Namespace, attributes.Name, attributes.Subresource);
}
