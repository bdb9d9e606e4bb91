using k8s.Models;

namespace IstioAdmin.Core.Workloads;

/// <summary>Which pods belong to a workload.</summary>
internal static class WorkloadPods
{
    /// <summary>
    /// Whether a deployment made a pod. It names its replica sets after itself and a hash without dashes. By its labels alone, a pod could also
    /// be somebody else's variant of the same app.
    /// </summary>
    public static bool IsOfDeployment(V1Pod pod, string deployment) =>
        pod.Metadata.OwnerReferences?.Any(owner =>
            owner.Kind == "ReplicaSet"
            && owner.Name.StartsWith(deployment + "-", StringComparison.Ordinal)
            && owner.Name.IndexOf('-', deployment.Length + 1) < 0) == true;

    /// <summary>Whether the workload made a pod.</summary>
    public static bool IsOf(V1Pod pod, WorkloadReference workload) => workload.Kind == "Deployment"
        ? IsOfDeployment(pod, workload.Name)
        : pod.Metadata.OwnerReferences?.Any(owner => owner.Controller == true && owner.Kind == workload.Kind && owner.Name == workload.Name) == true;

    /// <summary>A selector in the API's syntax.</summary>
    public static string Selector(V1LabelSelector? selector) => string.Join(',',
    [
        .. (selector?.MatchLabels ?? new Dictionary<string, string>()).Select(label => $"{label.Key}={label.Value}"),
        .. (selector?.MatchExpressions ?? []).Select(Term),
    ]);

    private static string Term(V1LabelSelectorRequirement term) => term.OperatorProperty switch
    {
        "In" => $"{term.Key} in ({string.Join(',', term.Values)})",
        "NotIn" => $"{term.Key} notin ({string.Join(',', term.Values)})",
        "Exists" => term.Key,
        "DoesNotExist" => $"!{term.Key}",
        _ => throw new InvalidDataException($"a label selector has the operator {term.OperatorProperty}"),
    };
}
