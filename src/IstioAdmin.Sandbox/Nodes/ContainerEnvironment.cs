using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>The variables of a container, as its specification and what that names give them.</summary>
/// <param name="api">The API server.</param>
/// <param name="pod">The pod.</param>
/// <param name="cancel">Ends it.</param>
internal sealed class ContainerEnvironment(ClusterApi api, JsonObject pod, CancellationToken cancel)
{
    /// <summary>The variables, later ones over earlier ones; what names something that is not there is left out.</summary>
    public async Task<IReadOnlyDictionary<string, string>> OfAsync(JsonObject container)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOSTNAME"] = Meta.Name(pod) };
        foreach (JsonObject source in Meta.Items(container, "envFrom"))
        {
            string prefix = Json.Text(source, "prefix") ?? "";
            foreach ((string name, string value) in await DataAsync(source["configMapRef"], source["secretRef"]).ConfigureAwait(false))
                found[prefix + name] = value;
        }
        foreach (JsonObject variable in Meta.Items(container, "env"))
        {
            JsonNode? from = variable["valueFrom"];
            string? value = from is null ? Json.Text(variable, "value") ?? ""
                : Json.Text(from, "fieldRef", "fieldPath") is { } field ? Field(field)
                : (await DataAsync(from["configMapKeyRef"], from["secretKeyRef"]).ConfigureAwait(false))
                    .GetValueOrDefault(Json.Text(from, "configMapKeyRef", "key") ?? Json.Text(from, "secretKeyRef", "key") ?? "");
            if (value is not null)
                found[Json.Text(variable, "name")!] = value;
        }
        return found;
    }

    private string? Field(string path)
    {
        if (path.StartsWith("metadata.labels['", StringComparison.Ordinal))
            return Meta.Label(pod, path[17..^2]);
        if (path.StartsWith("metadata.annotations['", StringComparison.Ordinal))
            return Meta.Annotation(pod, path[22..^2]);
        return Json.Text(pod, path.Split('.'));
    }

    private async Task<IReadOnlyDictionary<string, string>> DataAsync(JsonNode? map, JsonNode? secret)
    {
        string kind = map is null ? "secrets" : "configmaps";
        if (Json.Text(map ?? secret, "name") is not { } name || await api.FindAsync($"api/v1/namespaces/{Meta.Namespace(pod)}/{kind}/{name}", cancel).ConfigureAwait(false) is not { } item)
            return new Dictionary<string, string>();
        return (item["data"] as JsonObject ?? []).ToDictionary(
            entry => entry.Key, entry => map is null ? Encoding.UTF8.GetString(Convert.FromBase64String((string?)entry.Value ?? "")) : (string?)entry.Value ?? "", StringComparer.Ordinal);
    }
}
