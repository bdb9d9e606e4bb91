using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>Fills ClusterRoles that are made of others (<c>pkg/controller/clusterroleaggregation</c>).</summary>
internal sealed class ClusterRoleAggregation : Controller
{
    private const string Path = "apis/rbac.authorization.k8s.io/v1/clusterroles";
    private readonly Informer _roles;

    public ClusterRoleAggregation(ControllerContext context)
        : base(context, "clusterrole-aggregation-controller", 1)
    {
        _roles = Informers.Of(Path);
        _roles.OnChange((_, _) =>
        {
            foreach (JsonObject role in _roles.All().Where(role => role["aggregationRule"] is JsonObject))
                Queue.AddSoon(Meta.Name(role), TimeSpan.FromMilliseconds(10), End);
        });
    }

    protected override async Task SyncAsync(string key)
    {
        if (_roles.Find(key) is not { } role || role["aggregationRule"] is not JsonObject rule)
            return;
        LabelSelector[] selectors = [.. Meta.Items(rule, "clusterRoleSelectors").Select(selector => LabelSelector.Of(selector)!)];
        var rules = new JsonArray();
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonObject source in _roles.All().OrderBy(Meta.Name, StringComparer.Ordinal).Where(source => Meta.Name(source) != key && Array.Exists(selectors, selector => selector.Matches(Meta.Labels(source)))))
        {
            foreach (JsonObject part in Meta.Items(source, "rules"))
            {
                if (seen.Add(part.ToJsonString()))
                    rules.Add(part.DeepClone());
            }
        }
        if (!JsonNode.DeepEquals(role["rules"] ?? new JsonArray(), rules))
            _roles.Observe(await Api.PatchAsync(Meta.PathOf(Path, role), new JsonObject { ["rules"] = rules }, Name, End).ConfigureAwait(false));
    }
}
