using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Core.Mesh.Waiting;

namespace IstioAdmin.Core.Operators;

/// <summary>How an operator's API speaks of meshes.</summary>
internal interface IMeshDialect
{
    /// <summary>Name of a mesh when none is given.</summary>
    string DefaultName { get; }

    /// <summary>Namespace of a mesh when none is given.</summary>
    string DefaultNamespace => "istio-system";

    /// <summary>Istio's version of a new mesh when none is given; null when the API server fills it in.</summary>
    string? DefaultVersion { get; }

    /// <summary>Versions of Istio that the operator is known to run, newest of each line.</summary>
    IReadOnlyList<string> KnownVersions { get; }

    /// <summary>Where the API has each setting; every setting is there.</summary>
    IReadOnlyList<SettingPlace> Places { get; }

    /// <summary>The operator's finalizer on its resource.</summary>
    string Finalizer { get; }

    /// <summary>Names under which the operator writes to its resource, besides those that write its status.</summary>
    IReadOnlyList<string> FieldManagers { get; }

    /// <summary>Label selectors of the operator's own pods; any of them finds it.</summary>
    IReadOnlyList<string> OperatorPods { get; }

    /// <summary>Part of the names of the images that those pods run.</summary>
    string OperatorImage { get; }

    /// <summary>How long <see cref="MeshState.Available"/> must hold before it is believed.</summary>
    TimeSpan Settling { get; }

    /// <summary>The namespace that a mesh's control plane is in.</summary>
    string NamespaceOf(JsonObject mesh);

    /// <summary>The revision that namespaces and pods name in <c>istio.io/rev</c>; null for meshes that have none.</summary>
    string? RevisionOf(JsonObject mesh);

    /// <summary>Whether the CNI plugin is on; null when the resource does not say.</summary>
    bool? CniOf(JsonObject mesh);

    /// <summary>What the resource says of its state.</summary>
    MeshCondition ConditionOf(JsonObject mesh);

    /// <summary>The resource of a new mesh, with what its API requires and no setting says.</summary>
    JsonObject Draft(string name, string ns);

    /// <summary>Adds to a change what follows from its settings in this API and is no setting of its own.</summary>
    /// <param name="change">The manifest, with the settings in their places.</param>
    /// <param name="live">The resource as it is; null for a new mesh.</param>
    /// <param name="asked">The settings.</param>
    void Complete(JsonObject change, JsonObject? live, MeshSettings asked)
    {
    }

    /// <summary>What goes with the mesh in resources of its own.</summary>
    /// <param name="mesh">The mesh's manifest.</param>
    /// <param name="asked">The settings.</param>
    IReadOnlyList<MeshCompanion> Companions(JsonObject mesh, MeshSettings asked) => [];

    /// <summary>What must be so when the operator has done what a resource wants.</summary>
    /// <param name="mesh">The resource as the server has it.</param>
    IReadOnlyList<ExpectedEffect> Effects(JsonObject mesh);
}

/// <summary>A resource that goes with a mesh.</summary>
/// <param name="Resource">Its kind.</param>
/// <param name="Manifest">What it should be.</param>
/// <param name="Purpose">What it is for, in words.</param>
internal sealed record MeshCompanion(KubeResource Resource, JsonObject Manifest, string Purpose)
{
    /// <summary>What it is besides where it does not exist yet.</summary>
    public JsonObject Fallback { get; init; } = [];

    /// <summary>Whether it is to be removed instead.</summary>
    public bool Remove { get; init; }

    public string Name => Manifest.TextAt("metadata.name") ?? "";

    public string? Namespace => Manifest.TextAt("metadata.namespace");
}
