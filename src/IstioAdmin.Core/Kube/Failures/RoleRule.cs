using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>The RBAC rule that a refused request would have needed.</summary>
internal static partial class RoleRule
{
    /// <summary>
    /// The verb that the server's refusal names; null when it names none. It can be another than the request suggests: a WebSocket is opened with
    /// GET, so before Kubernetes 1.35 <c>pods/exec</c> takes <c>get</c> where other clients need <c>create</c>.
    /// </summary>
    public static string? VerbIn(string? refusal) => refusal is not null && Verb().Match(refusal) is { Success: true } match ? match.Groups[1].Value : null;

    public static string Remedy(KubeSubject about)
    {
        if (about.Resource.StartsWith('/'))
            return $"Ask for a ClusterRole with the rule {{nonResourceURLs: [\"{about.Resource}\"], verbs: [\"{about.Verb}\"]}}.";
        (string group, string resource) = Split(about.Resource);
        string role = about.Namespace is { } ns ? $"a Role in namespace {ns}" : "a ClusterRole";
        return $"Ask for {role} with the rule {{apiGroups: [\"{group}\"], resources: [\"{resource}\"], verbs: [\"{about.Verb}\"]}}.";
    }

    /// <summary>
    /// What somebody needs who gave more rights than he has: k8s.io/kubernetes <c>pkg/registry/rbac</c> asks for <c>escalate</c> on the role, or for
    /// <c>bind</c> on the role of a binding, unless he has all that the role allows.
    /// </summary>
    public static string GrantRemedy(KubeSubject about)
    {
        (string group, string resource) = Split(about.Resource);
        string verb = resource.EndsWith("bindings", StringComparison.Ordinal) ? "bind" : "escalate";
        string role = resource.StartsWith("cluster", StringComparison.Ordinal) ? "clusterroles" : "roles";
        return $"The server lets nobody grant rights that he does not have. {Remedy(about with { Verb = verb, Resource = $"{role}.{group}" })} Or let somebody run the command who has all of these rights himself.";
    }

    /// <summary>Splits <c>deployments.apps</c> and <c>deployments/scale.apps</c> into group and resource.</summary>
    private static (string Group, string Resource) Split(string fullName)
    {
        int dot = fullName.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? ("", fullName) : (fullName[(dot + 1)..], fullName[..dot]);
    }

    // The words of k8s.io/apiserver's pkg/endpoints/handlers/responsewriters (ForbiddenStatusError).
    [GeneratedRegex(@"cannot ([a-z]+) (?:resource|path) """, RegexOptions.CultureInvariant)]
    private static partial Regex Verb();
}
