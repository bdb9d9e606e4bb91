using System.Diagnostics.CodeAnalysis;

namespace IstioAdmin.Sandbox.Api;

/// <summary>What the API serves at the moment: what is built in, and what CustomResourceDefinitions add.</summary>
internal interface IResourceTypes
{
    /// <summary>Every type in every version; the preferred version of a group first.</summary>
    IReadOnlyList<ResourceType> All { get; }

    /// <summary>Finds a type by its path.</summary>
    bool TryFind(string group, string version, string plural, [NotNullWhen(true)] out ResourceType? type);
}
