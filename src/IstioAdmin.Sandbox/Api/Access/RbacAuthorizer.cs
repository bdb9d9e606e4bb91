namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>Role-based access control: what no rule allows is not allowed (<c>kubernetes/plugin/pkg/auth/authorizer/rbac</c>).</summary>
/// <param name="rules">Finds the rules.</param>
internal sealed class RbacAuthorizer(RuleResolver rules) : IAuthorizer
{
    public bool Authorize(ApiUser user, RequestAttributes attributes, out string reason)
    {
        reason = "";
        if (user.Groups.Contains(ApiUser.Masters))
            return true;
        var problems = new List<string>();
        foreach ((string source, PolicyRule? rule, string? problem) in rules.RulesFor(user, attributes.Namespace))
        {
            if (rule?.Allows(attributes) == true)
            {
                reason = $"RBAC: allowed by {source}";
                return true;
            }
            if (problem is not null)
                problems.Add(problem);
        }
        string[] distinct = [.. problems.Distinct()];
        if (distinct.Length > 0)
            reason = "RBAC: " + (distinct.Length == 1 ? distinct[0] : $"[{string.Join(", ", distinct)}]");
        return false;
    }
}
