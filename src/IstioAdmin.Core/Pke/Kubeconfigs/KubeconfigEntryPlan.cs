using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Kubeconfigs;

/// <summary>What happens to one entry of a list of a kubeconfig.</summary>
/// <param name="List">The list: <c>clusters</c>, <c>users</c> or <c>contexts</c>.</param>
/// <param name="Index">The entry of the same name that is there; -1 for none.</param>
/// <param name="Entry">The entry as it is to be.</param>
internal sealed record KubeconfigEntryPlan(string List, int Index, JsonObject Entry)
{
    public string Name => (string)Entry["name"]!;
}
