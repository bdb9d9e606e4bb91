using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>The words that Banzai Cloud's operator and its second generation have for a resource's state (<c>common_types.go</c>, <c>common.proto</c>).</summary>
internal static class BanzaiStatus
{
    public static MeshState StateOf(JsonObject resource, string? status) => resource.At("metadata.deletionTimestamp") is not null
        ? MeshState.Deleting
        : status switch
        {
            "Reconciling" => MeshState.Reconciling,
            "Available" => MeshState.Available,
            "ReconcileFailed" => MeshState.Failed,
            "Unmanaged" => MeshState.Unmanaged,
            _ => MeshState.Pending,
        };
}
