using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>Finds the rules that hold for a user (<c>kubernetes/pkg/registry/rbac/validation/rule.go</c>).</summary>
/// <param name="objects">The roles and bindings.</param>
internal sealed class RuleResolver(IObjectReader objects)
{
    /// <summary>The API group of roles and bindings.</summary>
    public const string Group = "rbac.authorization.k8s.io";

    /// <summary>The rules that hold for a user, each with the binding that gives it, as they are found; and roles that are bound but not there.</summary>
    /// <param name="user">The user.</param>
    /// <param name="namespace">Where; null for what concerns the whole cluster.</param>
    public IEnumerable<(string Source, PolicyRule? Rule, string? Problem)> RulesFor(ApiUser user, string? @namespace)
    {
        foreach (JsonObject binding in objects.List(Group, "clusterrolebindings"))
        {
            foreach ((string, PolicyRule?, string?) rule in RulesOf(binding, "", user, binding.TextAt("metadata.name") ?? "", "ClusterRoleBinding"))
                yield return rule;
        }
        if (string.IsNullOrEmpty(@namespace))
            yield break;
        foreach (JsonObject binding in objects.List(Group, "rolebindings", @namespace))
        {
            // Name before namespace: that is how the API server says it.
            foreach ((string, PolicyRule?, string?) rule in RulesOf(binding, @namespace, user, $"{binding.TextAt("metadata.name")}/{@namespace}", "RoleBinding"))
                yield return rule;
        }
    }

    /// <summary>The rules of the role that a binding names.</summary>
    /// <param name="roleRef">The reference.</param>
    /// <param name="namespace">The binding's namespace; empty for a binding of the whole cluster.</param>
    /// <param name="problem">What is wrong with it; null when nothing is.</param>
    public IReadOnlyList<PolicyRule> RulesOfRole(JsonNode? roleRef, string @namespace, out string? problem)
    {
        string kind = roleRef.TextAt("kind") ?? "", name = roleRef.TextAt("name") ?? "";
        problem = null;
        JsonObject? role = kind switch
        {
            "ClusterRole" => objects.Find(Group, "clusterroles", null, name),
            "Role" => objects.Find(Group, "roles", @namespace, name),
            _ => null,
        };
        if (role is null)
        {
            problem = kind is "ClusterRole" or "Role"
                ? $"{kind.ToLowerInvariant()}.{Group} {Go.Quote(name)} not found"
                : $"unsupported role reference kind: {Go.Quote(kind)}";
        }
        return PolicyRule.Of(role);
    }

    private IEnumerable<(string, PolicyRule?, string?)> RulesOf(JsonObject binding, string @namespace, ApiUser user, string name, string kind)
    {
        JsonObject? subject = (binding["subjects"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(subject => Is(subject, user, @namespace));
        if (subject is null)
            yield break;
        JsonNode? roleRef = binding["roleRef"];
        IReadOnlyList<PolicyRule> rules = RulesOfRole(roleRef, @namespace, out string? problem);
        if (problem is not null)
            yield return ("", null, problem);
        string source = $"{kind} {Go.Quote(name)} of {roleRef.TextAt("kind")} {Go.Quote(roleRef.TextAt("name") ?? "")} to {Describe(subject, @namespace)}";
        foreach (PolicyRule rule in rules)
            yield return (source, rule, null);
    }

    private static bool Is(JsonObject subject, ApiUser user, string @namespace)
    {
        string name = subject.TextAt("name") ?? "";
        return subject.TextAt("kind") switch
        {
            "User" => user.Name == name,
            "Group" => user.Groups.Contains(name),
            "ServiceAccount" => user.Name == ServiceAccountTokens.NameOf(subject.TextAt("namespace") ?? @namespace, name),
            _ => false,
        };
    }

    private static string Describe(JsonObject subject, string @namespace)
    {
        string kind = subject.TextAt("kind") ?? "", name = subject.TextAt("name") ?? "";
        return kind == "ServiceAccount" ? $"{kind} {Go.Quote($"{name}/{subject.TextAt("namespace") ?? @namespace}")}" : $"{kind} {Go.Quote(name)}";
    }
}
