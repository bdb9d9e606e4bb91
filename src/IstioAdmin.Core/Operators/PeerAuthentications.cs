using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Operators;

/// <summary>Mutual TLS of a whole mesh where no operator has a setting for it: the PeerAuthentication <c>default</c> in the mesh's root namespace.</summary>
internal static class PeerAuthentications
{
    public const string Name = "default";

    public static MeshCompanion Companion(string ns, bool mtls) => new(
        MeshResources.PeerAuthentications,
        new JsonObject
        {
            ["apiVersion"] = MeshResources.PeerAuthentications.ApiVersion,
            ["kind"] = MeshResources.PeerAuthentications.Kind,
            ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = ns },
            ["spec"] = new JsonObject { ["mtls"] = new JsonObject { ["mode"] = mtls ? "STRICT" : "PERMISSIVE" } },
        },
        "mutual TLS of the whole mesh");
}
