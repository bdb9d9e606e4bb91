using System.Reflection;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>The roles and bindings with which a cluster begins (<c>DefaultPolicy.txt</c>, where the notation is described).</summary>
internal static class DefaultPolicy
{
    private const string PartOf = "rbac.authorization.k8s.io/aggregate-to-";

    /// <summary>ClusterRoles and ClusterRoleBindings, ready to be created. Roles that are sums of others have the rules that they will have.</summary>
    public static IReadOnlyList<JsonObject> Objects()
    {
        var roles = new List<Role>();
        var bindings = new List<JsonObject>();
        foreach (string line in Lines().Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == '@')
                bindings.Add(Binding(line[1..].Split(' ')));
            else if (line[0] == ' ')
                roles[^1].Rules.Add(Rule(line[1..].Split(' ')));
            else
                roles.Add(new Role(line.Split(' ')));
        }
        return [.. roles.Select(role => role.ToJson(roles)), .. bindings];
    }

    private static PolicyRule Rule(string[] words)
    {
        if (words[0] == "paths")
            return new PolicyRule { NonResourceUrls = words[1].Split(','), Verbs = words[2].Split(',') };
        return new PolicyRule
        {
            ApiGroups = [.. words[0].Split(',').Select(group => group == "-" ? "" : group)],
            Resources = words[1].Split(','),
            Verbs = words[2].Split(','),
            ResourceNames = words.Length > 3 ? words[3]["names=".Length..].Split(',') : [],
        };
    }

    private static JsonObject Binding(string[] words)
    {
        JsonObject binding = Named("ClusterRoleBinding", words[0], []);
        binding["roleRef"] = new JsonObject { ["apiGroup"] = RuleResolver.Group, ["kind"] = "ClusterRole", ["name"] = words[1] };
        if (words.Length > 2 && words[2].Length > 0)
            binding["subjects"] = new JsonArray([.. words[2].Split(',').Select(Subject)]);
        return binding;
    }

    private static JsonObject Subject(string text)
    {
        string[] parts = text.Split('=');
        if (parts[0] != "serviceaccount")
            return new JsonObject { ["apiGroup"] = RuleResolver.Group, ["kind"] = parts[0] == "group" ? "Group" : "User", ["name"] = parts[1] };
        string[] account = parts[1].Split('/');
        return new JsonObject { ["kind"] = "ServiceAccount", ["name"] = account[1], ["namespace"] = account[0] };
    }

    private static JsonObject Named(string kind, string name, IEnumerable<string> partOf)
    {
        var labels = new JsonObject { ["kubernetes.io/bootstrapping"] = "rbac-defaults" };
        foreach (string whole in partOf)
            labels[PartOf + whole] = "true";
        return new JsonObject
        {
            ["apiVersion"] = RuleResolver.Group + "/v1",
            ["kind"] = kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = labels,
                ["annotations"] = new JsonObject { ["rbac.authorization.kubernetes.io/autoupdate"] = "true" },
            },
        };
    }

    private static IEnumerable<string> Lines()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{typeof(DefaultPolicy).Namespace}.DefaultPolicy.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    private sealed class Role(string[] words)
    {
        private readonly string _name = words[0];
        private readonly string[] _partOf = After(words, "to=");
        private readonly string[] _sumOf = After(words, "from=");

        public List<PolicyRule> Rules { get; } = [];

        public JsonObject ToJson(IReadOnlyList<Role> all)
        {
            JsonObject role = Named("ClusterRole", _name, _partOf);
            if (_sumOf.Length > 0)
            {
                role["aggregationRule"] = new JsonObject
                {
                    ["clusterRoleSelectors"] = new JsonArray([.. _sumOf.Select(whole => new JsonObject { ["matchLabels"] = new JsonObject { [PartOf + whole] = "true" } })]),
                };
            }
            role["rules"] = new JsonArray([.. AllRules(all).Select(rule => rule.ToJson())]);
            return role;
        }

        private IEnumerable<PolicyRule> AllRules(IReadOnlyList<Role> all) => _sumOf.Length == 0
            ? Rules
            : all.Where(part => part._partOf.Any(_sumOf.Contains)).OrderBy(part => part._name, StringComparer.Ordinal).SelectMany(part => part.AllRules(all));

        private static string[] After(string[] words, string prefix)
            => [.. words.Where(word => word.StartsWith(prefix, StringComparison.Ordinal)).Select(word => word[prefix.Length..])];
    }
}
