using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>A rule of a Role or ClusterRole (<c>rbac.authorization.k8s.io/v1</c>, <c>PolicyRule</c>).</summary>
internal sealed record PolicyRule
{
    /// <summary>What may be done; <c>*</c> for anything.</summary>
    public IReadOnlyList<string> Verbs { get; init; } = [];

    /// <summary>In which API groups.</summary>
    public IReadOnlyList<string> ApiGroups { get; init; } = [];

    /// <summary>With what: <c>pods</c>, <c>pods/log</c>, <c>*/scale</c>, <c>*</c>.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>With which objects; with all when there are none.</summary>
    public IReadOnlyList<string> ResourceNames { get; init; } = [];

    /// <summary>On which paths that are no resources; a <c>*</c> may stand at the end.</summary>
    public IReadOnlyList<string> NonResourceUrls { get; init; } = [];

    /// <summary>The rules of a role; none when there is no role.</summary>
    public static IReadOnlyList<PolicyRule> Of(JsonObject? role)
        => [.. (role?["rules"] as JsonArray ?? []).OfType<JsonObject>().Select(Read)];

    private static PolicyRule Read(JsonObject rule) => new()
    {
        Verbs = rule.TextsAt("verbs"),
        // The core group is an empty text, which other readers leave out.
        ApiGroups = [.. (rule["apiGroups"] as JsonArray ?? []).Select(group => group.Text() ?? "")],
        Resources = rule.TextsAt("resources"),
        ResourceNames = rule.TextsAt("resourceNames"),
        NonResourceUrls = rule.TextsAt("nonResourceURLs"),
    };

    /// <summary>Whether it allows what is asked for.</summary>
    public bool Allows(RequestAttributes about)
    {
        if (!Has(Verbs, about.Verb))
            return false;
        if (about.NonResourcePath is { } path)
            return NonResourceUrls.Any(url => CoversPath(url, path));
        return Has(ApiGroups, about.Group)
            && Resources.Any(resource => CoversResource(resource, about.Resource, about.Subresource))
            && (ResourceNames.Count == 0 || ResourceNames.Contains(about.Name ?? ""));
    }

    /// <summary>
    /// Splits it into rules of one verb on one thing each (<c>component-helpers/auth/rbac/validation/policy_comparator.go</c>).
    /// </summary>
    public IEnumerable<PolicyRule> Split()
    {
        foreach (string group in ApiGroups)
        {
            foreach (string resource in Resources)
            {
                foreach (string verb in Verbs)
                {
                    if (ResourceNames.Count == 0)
                        yield return new PolicyRule { ApiGroups = [group], Resources = [resource], Verbs = [verb] };
                    foreach (string name in ResourceNames)
                        yield return new PolicyRule { ApiGroups = [group], Resources = [resource], Verbs = [verb], ResourceNames = [name] };
                }
            }
        }
        foreach (string url in NonResourceUrls)
        {
            foreach (string verb in Verbs)
                yield return new PolicyRule { NonResourceUrls = [url], Verbs = [verb] };
        }
    }

    /// <summary>Whether it allows all that a rule of one verb on one thing does.</summary>
    public bool Covers(PolicyRule single)
    {
        if (!Has(Verbs, single.Verbs[0]))
            return false;
        if (single.NonResourceUrls is [var path])
            return NonResourceUrls.Any(url => CoversPath(url, path));
        string[] parts = single.Resources[0].Split('/', 2);
        return Has(ApiGroups, single.ApiGroups[0])
            && Resources.Any(resource => CoversResource(resource, parts[0], parts.ElementAtOrDefault(1) ?? ""))
            && (ResourceNames.Count == 0 || (single.ResourceNames is [var name] && ResourceNames.Contains(name)));
    }

    /// <summary>As the API server describes rules in its messages.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("{");
        Add("APIGroups", ApiGroups);
        Add("Resources", Resources);
        Add("NonResourceURLs", NonResourceUrls);
        Add("ResourceNames", ResourceNames);
        Add("Verbs", Verbs);
        return text.Append('}').ToString();

        void Add(string name, IReadOnlyList<string> values)
        {
            if (values.Count > 0)
                text.Append(text.Length > 1 ? ", " : "").Append(name).Append(':').Append(Go.Quote(values));
        }
    }

    /// <summary>As it stands in an object.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["verbs"] = List(Verbs) };
        if (ApiGroups.Count > 0)
            json["apiGroups"] = List(ApiGroups);
        if (Resources.Count > 0)
            json["resources"] = List(Resources);
        if (ResourceNames.Count > 0)
            json["resourceNames"] = List(ResourceNames);
        if (NonResourceUrls.Count > 0)
            json["nonResourceURLs"] = List(NonResourceUrls);
        return json;

        static JsonArray List(IReadOnlyList<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];
    }

    private static bool Has(IReadOnlyList<string> values, string value) => values.Contains("*") || values.Contains(value);

    private static bool CoversPath(string url, string path)
        => url == "*" || url == path || (url.EndsWith('*') && path.StartsWith(url.TrimEnd('*'), StringComparison.Ordinal));

    private static bool CoversResource(string rule, string resource, string subresource) => subresource.Length == 0
        ? rule == "*" || rule == resource
        : rule == "*" || rule == $"{resource}/{subresource}" || rule == $"*/{subresource}";
}
