using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>A type of objects as discovery names it.</summary>
/// <param name="ApiVersion">Group and version, as objects say it.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Plural">The name in paths.</param>
/// <param name="Namespaced">Whether its objects are in namespaces.</param>
/// <param name="Verbs">What may be done with them.</param>
internal sealed record ServedResource(string ApiVersion, string Kind, string Plural, bool Namespaced, IReadOnlyList<string> Verbs)
{
    /// <summary>Its group; empty for the core's.</summary>
    public string Group => ApiVersion.Contains('/', StringComparison.Ordinal) ? ApiVersion.Split('/')[0] : "";

    /// <summary>Its collection.</summary>
    public string Path => ApiVersion.Contains('/', StringComparison.Ordinal) ? $"apis/{ApiVersion}/{Plural}" : $"api/{ApiVersion}/{Plural}";

    /// <summary>Whether objects of it can be found and deleted.</summary>
    public bool IsDeletable => Verbs.Contains("list") && Verbs.Contains("watch") && Verbs.Contains("delete");

    /// <summary>Asks an API server for everything that it serves, the preferred version of each group first.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="cancel">Cancels it.</param>
    /// <returns>The types; those of a group that does not answer (its server is away) are missing, and the group is named.</returns>
    public static async Task<(IReadOnlyList<ServedResource> Types, IReadOnlyList<string> Failed)> DiscoverAsync(ClusterApi api, CancellationToken cancel)
    {
        var found = new List<ServedResource>();
        var failed = new List<string>();
        var versions = new List<string> { "v1" };
        JsonObject groups = await api.GetAsync("apis", cancel).ConfigureAwait(false);
        foreach (JsonObject group in Meta.Items(groups, "groups"))
        {
            string? preferred = Json.Text(group, "preferredVersion", "groupVersion");
            versions.AddRange(Meta.Items(group, "versions").Select(version => Json.Text(version, "groupVersion")).OfType<string>().OrderBy(version => version != preferred));
        }
        foreach (string version in versions)
        {
            try
            {
                JsonObject list = await api.GetAsync(version.Contains('/', StringComparison.Ordinal) ? $"apis/{version}" : $"api/{version}", cancel).ConfigureAwait(false);
                found.AddRange(Meta.Items(list, "resources")
                    .Where(resource => Json.Text(resource, "name")?.Contains('/', StringComparison.Ordinal) == false)
                    .Select(resource => new ServedResource(version, Json.Text(resource, "kind") ?? "", Json.Text(resource, "name")!, Json.Flag(resource, "namespaced") == true, Json.Texts(resource, "verbs"))));
            }
            catch (ClusterApiException)
            {
                failed.Add(version);
            }
        }
        return (found, failed);
    }

    /// <summary>One version of each type: the first.</summary>
    public static IEnumerable<ServedResource> Preferred(IEnumerable<ServedResource> types) =>
        types.Where(type => type.IsDeletable).DistinctBy(type => (type.Group, type.Plural));
}
