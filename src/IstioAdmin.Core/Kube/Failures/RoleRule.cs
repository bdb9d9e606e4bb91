namespace IstioAdmin.Core.Kube.Failures;

/// <summary>The RBAC rule that a refused request would have needed.</summary>
internal static class RoleRule
{
    public static string Remedy(KubeSubject about)
    {
        if (about.Resource.StartsWith('/'))
            return $"Ask for a ClusterRole with the rule {{nonResourceURLs: [\"{about.Resource}\"], verbs: [\"{about.Verb}\"]}}.";
        (string group, string resource) = Split(about.Resource);
        string role = about.Namespace is { } ns ? $"a Role in namespace {ns}" : "a ClusterRole";
        return $"Ask for {role} with the rule {{apiGroups: [\"{group}\"], resources: [\"{resource}\"], verbs: [\"{about.Verb}\"]}}.";
    }

    /// <summary>Splits <c>deployments.apps</c> and <c>deployments/scale.apps</c> into group and resource.</summary>
    private static (string Group, string Resource) Split(string fullName)
    {
        int dot = fullName.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? ("", fullName) : (fullName[(dot + 1)..], fullName[..dot]);
    }
}
