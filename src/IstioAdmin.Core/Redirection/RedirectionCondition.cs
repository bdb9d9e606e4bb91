namespace IstioAdmin.Core.Redirection;

/// <summary>One of the conditions that decide whether Istio redirects a pod's traffic.</summary>
/// <param name="Name">Short stable name in PascalCase, for example <c>NamespaceNotExcluded</c>.</param>
/// <param name="Met">Whether the pod meets it.</param>
/// <param name="Value">The value that decided, in words: <c>namespace kube-system is in exclude_namespaces</c>.</param>
/// <param name="Source">Where the rule comes from: the upstream file.</param>
public sealed record RedirectionCondition(string Name, bool Met, string Value, string Source);
