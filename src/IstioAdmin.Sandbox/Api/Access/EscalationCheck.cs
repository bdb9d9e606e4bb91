using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>
/// Keeps users from giving away rights that they do not have (<c>kubernetes/pkg/registry/rbac/escalation_check.go</c>). Called before a Role,
/// ClusterRole or binding is stored.
/// </summary>
/// <param name="rules">Finds the rules.</param>
/// <param name="authorizer">Says who may escalate or bind.</param>
internal sealed class EscalationCheck(RuleResolver rules, IAuthorizer authorizer)
{
    /// <summary>Checks a change.</summary>
    /// <param name="user">Who changes.</param>
    /// <param name="about">The request.</param>
    /// <param name="changed">The object as it will be.</param>
    /// <param name="before">The object as it is; null when it is new.</param>
    /// <exception cref="ApiException">403: the user would give away more than the user has; 404: the role that is bound is not there.</exception>
    public void Check(ApiUser user, RequestAttributes about, JsonObject changed, JsonObject? before)
    {
        if (about.Group != RuleResolver.Group || about.Subresource.Length > 0 || user.Groups.Contains(ApiUser.Masters))
            return;
        RequestAttributes named = about with { Name = changed.TextAt("metadata.name") ?? about.Name };
        switch (about.Resource)
        {
            case "roles" or "clusterroles":
                CheckRole(user, named, changed, before);
                break;
            case "rolebindings" or "clusterrolebindings":
                CheckBinding(user, named, changed, before);
                break;
        }
    }

    private void CheckRole(ApiUser user, RequestAttributes about, JsonObject changed, JsonObject? before)
    {
        bool isAggregated = changed["aggregationRule"] is not null;
        if (before is not null && JsonNode.DeepEquals(before["rules"], changed["rules"]) && JsonNode.DeepEquals(before["aggregationRule"], changed["aggregationRule"]))
            return;
        if (authorizer.Authorize(user, about with { Verb = "escalate", Version = "*" }, out _))
            return;
        // Who aggregates gets whatever others will add.
        if (isAggregated)
        {
            PolicyRule[] everything = [new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }, new() { Verbs = ["*"], NonResourceUrls = ["*"] }];
            if (Missing(user, null, everything).Count > 0)
                throw Refusals.Forbidden(about, "must have cluster-admin privileges to use the aggregationRule");
        }
        Require(user, about, PolicyRule.Of(changed));
    }

    private void CheckBinding(ApiUser user, RequestAttributes about, JsonObject changed, JsonObject? before)
    {
        if (before is not null && JsonNode.DeepEquals(before["roleRef"], changed["roleRef"]) && JsonNode.DeepEquals(before["subjects"], changed["subjects"]))
            return;
        JsonNode? role = changed["roleRef"];
        string resource = role.TextAt("kind") == "Role" ? "roles" : "clusterroles";
        var bind = new RequestAttributes
        {
            Verb = "bind",
            Group = role.TextAt("apiGroup") ?? "",
            Version = "*",
            Resource = resource,
            Namespace = about.Namespace,
            Name = role.TextAt("name"),
        };
        if (authorizer.Authorize(user, bind, out _))
            return;
        IReadOnlyList<PolicyRule> granted = rules.RulesOfRole(role, about.Namespace ?? "", out string? problem);
        if (problem is not null)
        {
            throw new ApiException(404, "NotFound", $"{resource}.{RuleResolver.Group} {Go.Quote(role.TextAt("name") ?? "")} not found", new JsonObject
            {
                ["name"] = role.TextAt("name"),
                ["group"] = RuleResolver.Group,
                ["kind"] = resource,
            });
        }
        Require(user, about, granted);
    }

    private void Require(ApiUser user, RequestAttributes about, IReadOnlyList<PolicyRule> granted)
    {
        List<PolicyRule> missing = Missing(user, about.Namespace, granted);
        if (missing.Count == 0)
            return;
        IEnumerable<string> lines = Compact(missing).Select(rule => rule.ToString()).Distinct().Order(StringComparer.Ordinal);
        throw Refusals.Forbidden(about, $"user {Go.Quote(user.Name)} (groups={Go.Quote(user.Groups)}) is attempting to grant RBAC permissions not currently held:\n"
            + string.Join('\n', lines));
    }

    private List<PolicyRule> Missing(ApiUser user, string? @namespace, IReadOnlyList<PolicyRule> granted)
    {
        PolicyRule[] own = [.. rules.RulesFor(user, @namespace).Select(found => found.Rule).OfType<PolicyRule>()];
        return [.. granted.SelectMany(rule => rule.Split()).Where(single => !own.Any(rule => rule.Covers(single)))];
    }

    // One line for all verbs on a thing.
    private static IEnumerable<PolicyRule> Compact(IReadOnlyList<PolicyRule> singles) => singles
        .GroupBy(single => single.NonResourceUrls is [var url]
            ? (url, "", "", "url")
            : (single.ApiGroups[0], single.Resources[0], single.ResourceNames is [var name, ..] ? name : "", single.ResourceNames.Count > 0 ? "named" : "all"))
        .SelectMany(group => group.Key.Item4 == "url" ? group.AsEnumerable() : [group.First() with { Verbs = [.. group.SelectMany(single => single.Verbs)] }]);
}
