namespace IstioAdmin.Core.Mesh;

/// <summary>What a mesh's resource says of its own state.</summary>
/// <param name="State">The state.</param>
/// <param name="Status">The operator's own word for it; null when there is none.</param>
/// <param name="ErrorMessage">What the operator says is wrong; null when nothing is.</param>
/// <param name="GatewayAddresses">Addresses of the ingress gateway.</param>
internal sealed record MeshCondition(MeshState State, string? Status, string? ErrorMessage, IReadOnlyList<string> GatewayAddresses);
