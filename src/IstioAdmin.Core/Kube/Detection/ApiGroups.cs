using System.Text.Json;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>The API groups that a server offers, with their versions.</summary>
internal sealed class ApiGroups
{
    private readonly HashSet<string> _groupVersions;

    private ApiGroups(IReadOnlyList<string> names, HashSet<string> groupVersions)
    {
        Names = names;
        _groupVersions = groupVersions;
    }

    public IReadOnlyList<string> Names { get; }

    public static async Task<ApiGroups?> ReadAsync(Probe probe, CancellationToken cancel)
    {
        JsonElement? list = await probe.GetAsync("apis", new KubeSubject("get", "/apis"), cancel).ConfigureAwait(false);
        if (list is not { } found)
            return null;
        JsonElement[] groups = [.. found.Items("groups")];
        return new ApiGroups(
            [.. groups.Select(g => g.Text("name")).OfType<string>()],
            [.. groups.SelectMany(g => g.Items("versions")).Select(v => v.Text("groupVersion")).OfType<string>()]);
    }

    public bool Serves(KubeResource resource) => _groupVersions.Contains(resource.ApiVersion);
}
