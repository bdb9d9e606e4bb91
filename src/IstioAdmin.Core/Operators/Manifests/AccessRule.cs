using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Operators.Manifests;

/// <summary>A rule of the role that an operator works under, and for which of its releases.</summary>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Resources">Resources, separated by spaces.</param>
/// <param name="Verbs">Verbs, separated by spaces, or one of the sets below.</param>
/// <param name="From">First minor version of Istio whose operator needs it.</param>
/// <param name="To">Last one.</param>
internal sealed record AccessRule(string Group, string Resources, string Verbs, int From = 0, int To = int.MaxValue)
{
    /// <summary>Look, but do not touch.</summary>
    public const string Read = "get list watch";

    /// <summary>Everything that keeping an object takes.</summary>
    public const string Own = "create delete get list patch update watch";

    /// <summary>
    /// All verbs, those to come included. Needed where the operator grants all verbs to a component of Istio: the API server lets nobody grant
    /// what he does not have.
    /// </summary>
    public const string Everything = "*";

    /// <summary>The rules of a role for one release.</summary>
    public static JsonArray Rules(IEnumerable<AccessRule> rules, int minor) =>
        new([.. rules.Where(rule => rule.From <= minor && minor <= rule.To).Select(rule => (JsonNode)rule.ToJson())]);

    private JsonObject ToJson() => new()
    {
        ["apiGroups"] = new JsonArray(Group),
        ["resources"] = Words(Resources),
        ["verbs"] = Words(Verbs),
    };

    private static JsonArray Words(string text) => new([.. text.Split(' ').Select(word => (JsonNode)word)]);
}
